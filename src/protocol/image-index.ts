import { type Digest, parseDigest } from "./digest.ts";
import { parseJsonObject } from "./json.ts";

/** One image of an index. */
export interface IndexEntry {
  readonly digest: Digest;
  /** Such as `linux/arm64/v8`. */
  readonly platform: string;
}

/** What is no image to run, such as an attestation, has this as its platform. */
const NO_PLATFORM = "unknown/unknown";

/**
 * @param bytes of a manifest.
 * @returns the images of an index (OCI image-spec, image-index.md) or manifest list that are for a
 * platform; none if it is no index.
 */
export function readIndex(bytes: Uint8Array): IndexEntry[] {
  const manifests = parseJsonObject(bytes)?.manifests;
  return Array.isArray(manifests) ? manifests.flatMap(readEntry) : [];
}

function readEntry(entry: unknown): IndexEntry[] {
  const { digest: raw, platform } = Object(entry) as Record<string, unknown>;
  const digest = typeof raw === "string" ? parseDigest(raw) : null;
  const { os, architecture, variant } = Object(platform) as Record<string, unknown>;
  const isFor = typeof os === "string" && typeof architecture === "string";
  if (digest === null || !isFor) return [];
  const text = [os, architecture, ...(typeof variant === "string" ? [variant] : [])].join("/");
  return text === NO_PLATFORM ? [] : [{ digest, platform: text }];
}
