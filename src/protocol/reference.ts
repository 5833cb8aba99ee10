import { type Digest, parseDigest } from "./digest.ts";
import type { Name } from "./name.ts";

/** A tag that has passed `parseReference`, e.g. `3.20`. */
export type Tag = string & { readonly brand: "Tag" };

/** A tag or a digest. */
export type Reference =
  | { readonly kind: "tag"; readonly tag: Tag }
  | { readonly kind: "digest"; readonly digest: Digest };

// OCI distribution-spec, "Pulling manifests": <reference> as a tag.
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** @returns a tag or a digest; null for anything else. Only a malformed digest has a `:` in it. */
export function parseReference(raw: string): Reference | null {
  if (TAG.test(raw)) return { kind: "tag", tag: raw as Tag };
  const digest = parseDigest(raw);
  return digest === null ? null : { kind: "digest", digest };
}

/** @returns the reference as it is written in a path. */
export function referenceText(reference: Reference): Tag | Digest {
  return reference.kind === "tag" ? reference.tag : reference.digest;
}

/** @returns the image in the usual notation: `library/busybox:1.36`, `library/busybox@sha256:…`. */
export function imageLabel(name: Name, reference: Reference): string {
  return reference.kind === "tag"
    ? `${name}:${reference.tag}`
    : digestLabel(name, reference.digest);
}

/** @returns a manifest or blob in the usual notation: `library/busybox@sha256:…`. */
export function digestLabel(name: Name, digest: Digest): string {
  return `${name}@${digest}`;
}
