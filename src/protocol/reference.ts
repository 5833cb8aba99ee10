import { type Digest, parseDigest } from "./digest.ts";
import type { Name } from "./name.ts";

/** A tag that has passed `parseReference`, e.g. `3.20`. */
export type Tag = string & { readonly brand: "Tag" };

/** What a manifest is asked for by. */
export type Reference =
  | { readonly kind: "tag"; readonly tag: Tag }
  | { readonly kind: "digest"; readonly digest: Digest };

// OCI distribution-spec, "Pulling manifests": <reference> as a tag.
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/**
 * @returns a digest if there is a `:` in it, else a tag; null if it is neither (a `:` in it then
 * means that a digest was meant).
 */
export function parseReference(raw: string): Reference | null {
  if (TAG.test(raw)) return { kind: "tag", tag: raw as Tag };
  const digest = parseDigest(raw);
  return digest === null ? null : { kind: "digest", digest };
}

/** @returns the reference as it stands in a path. */
export function referenceText(reference: Reference): Tag | Digest {
  return reference.kind === "tag" ? reference.tag : reference.digest;
}

/** @returns the image as people write it: `library/busybox:1.36`, `library/busybox@sha256:…`. */
export function imageLabel(name: Name, reference: Reference): string {
  return `${name}${reference.kind === "tag" ? ":" : "@"}${referenceText(reference)}`;
}
