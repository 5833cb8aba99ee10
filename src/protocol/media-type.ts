import { parseJsonObject } from "./json.ts";

export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_SIGNED_MANIFEST = "application/vnd.docker.distribution.manifest.v1+prettyjws";

/** The manifest types of a tag request, by the short name used in cache keys. */
const TYPES = {
  dl: DOCKER_LIST,
  dm: DOCKER_MANIFEST,
  oi: OCI_INDEX,
  om: OCI_MANIFEST,
} as const;

/**
 * The manifest types that a client accepts: the sorted short names, joined by `+`. A tag can have
 * a different digest for each class, so the class is part of a tag's cache key.
 */
export type AcceptClass = string & { readonly brand: "AcceptClass" };

export const ALL_TYPES = Object.keys(TYPES).join("+") as AcceptClass;

/**
 * Reads `Accept` (RFC 9110, section 12.5.1), repeated lines joined by commas.
 *
 * @returns the class of the recognised types with a q-value above 0; all of them if the header is
 * absent, has a wildcard, or names none that is recognised.
 */
export function parseAccept(header: string | null): AcceptClass {
  const accepted = new Set((header ?? "*/*").split(",").filter(isAcceptable).map(essence));
  if (accepted.has("*/*") || accepted.has("application/*")) return ALL_TYPES;
  const names = Object.entries(TYPES).filter(([, type]) => accepted.has(type));
  return names.length === 0 ? ALL_TYPES : (names.map(([short]) => short).join("+") as AcceptClass);
}

/** @returns the `Accept` header with the types of the class. */
export function acceptHeader(accepted: AcceptClass): string {
  return accepted
    .split("+")
    .map((short) => TYPES[short as keyof typeof TYPES])
    .join(", ");
}

/** @returns a media type without its parameters, in lower case. */
export function essence(mediaType: string): string {
  return (mediaType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/** @returns whether this may be the media type of a manifest. */
export function isManifestType(mediaType: string): boolean {
  return /^application\/vnd\.[a-z0-9.+_-]+\+(json|prettyjws)$/.test(mediaType);
}

/**
 * @param contentType of the response. If it is not a manifest type, the content decides (OCI
 * image-spec, manifest.md and image-index.md).
 * @returns null if the bytes are not a manifest.
 */
export function manifestType(contentType: string | null, bytes: Uint8Array): string | null {
  const labelled = essence(contentType ?? "");
  if (isManifestType(labelled)) return labelled;
  const manifest = parseJsonObject(bytes);
  const own = manifest?.mediaType;
  if (typeof own === "string" && isManifestType(own)) return own;
  if (Array.isArray(manifest?.manifests)) return OCI_INDEX;
  return Array.isArray(manifest?.layers) ? OCI_MANIFEST : null;
}

/**
 * @returns whether the digest covers the payload without its signatures and so cannot be verified
 * against the bytes (Docker image manifest version 2, schema 1).
 */
export function isSignedManifest(mediaType: string): boolean {
  return mediaType === DOCKER_SIGNED_MANIFEST;
}

function isAcceptable(element: string): boolean {
  return !/;\s*q=0(\.0*)?\s*(;|$)/i.test(element);
}
