import { type Bytes, sha256 } from "../sha256.ts";

/** A manifest as it stands in a registry. */
export interface Manifest {
  readonly bytes: Bytes;
  readonly mediaType: string;
}

/** An image, ready to be pushed. */
export interface Image {
  /** What a tag of this image points to: the index if there is one, else the manifest. */
  readonly tagDigest: string;
  readonly manifests: Map<string, Manifest>;
  readonly blobs: Map<string, Bytes>;
  /** Platform to the digest of its manifest. */
  readonly platforms: Map<string, string>;
}

/** What points to a manifest or a blob. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** An image in the making. */
export type Parts = Omit<Image, "tagDigest">;

/** An image with nothing in it yet. */
export function emptyParts(): Parts {
  return { manifests: new Map(), blobs: new Map(), platforms: new Map() };
}

/** Adds a blob and returns what points to it. */
export async function addBlob(parts: Parts, mediaType: string, bytes: Bytes): Promise<Descriptor> {
  const digest = await sha256(bytes);
  parts.blobs.set(digest, bytes);
  return { mediaType, digest, size: bytes.length };
}

/** Adds a manifest and returns what points to it. */
export async function addManifest(
  parts: Parts,
  mediaType: string,
  manifest: object,
): Promise<Descriptor> {
  const bytes = encodeJson(manifest);
  const digest = await sha256(bytes);
  parts.manifests.set(digest, { bytes, mediaType });
  return { mediaType, digest, size: bytes.length };
}

/** A value as JSON, in the layout in which registries hold manifests. */
export function encodeJson(value: object): Bytes {
  return encode(JSON.stringify(value, null, 2));
}

/** Text as UTF-8. */
export function encode(text: string): Bytes {
  return new Uint8Array(new TextEncoder().encode(text));
}
