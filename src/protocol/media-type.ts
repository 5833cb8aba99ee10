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
 * The manifest types that a client accepts: the sorted short names, joined by `+`, then the further
 * types without their common prefix. A tag can have a different digest for each class, so the class
 * is part of a tag's cache key.
 */
export type AcceptClass = string & { readonly brand: "AcceptClass" };

export const ALL_TYPES = Object.keys(TYPES).join("+") as AcceptClass;

const PREFIX = "application/vnd.";
/** The class is part of a KV key, which has at most 512 bytes. */
const MAX_FURTHER_LENGTH = 96;

/**
 * Parses `Accept` (RFC 9110, section 12.5.1), repeated lines joined by commas.
 *
 * @returns the class of the manifest types with a q-value above 0; the four common types if the
 * header is absent, has a wildcard, or names none of them.
 */
export function parseAccept(header: string | null): AcceptClass {
  const accepted = new Set((header ?? "*/*").split(",").filter(isAcceptable).map(essence));
  const isWildcard = accepted.has("*/*") || accepted.has("application/*");
  const named = Object.entries(TYPES).filter(([, type]) => accepted.has(type));
  const common =
    isWildcard || named.length === 0 ? ALL_TYPES : named.map(([short]) => short).join("+");
  const known = new Set<string>(Object.values(TYPES));
  let further = "";
  for (const type of [...accepted].sort()) {
    if (!isManifestType(type) || known.has(type)) continue;
    const text = `,${type.slice(PREFIX.length)}`;
    if (further.length + text.length <= MAX_FURTHER_LENGTH) further += text;
  }
  return (common + further) as AcceptClass;
}

/** @returns the class without its further types. */
export function commonTypes(accepted: AcceptClass): AcceptClass {
  return accepted.replace(/,.*/, "") as AcceptClass;
}

/** @returns the `Accept` header with the types of the class. */
export function acceptHeader(accepted: AcceptClass): string {
  const [common = "", ...further] = accepted.split(",");
  const types = common.split("+").map((short) => TYPES[short as keyof typeof TYPES]);
  return [...types, ...further.map((text) => PREFIX + text)].join(", ");
}

/** The `Accept` header for content by digest: any type is right. */
export const ANY_TYPE = `${Object.values(TYPES).join(", ")}, */*`;

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
