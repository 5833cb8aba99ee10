import { parseJsonObject } from "./json.ts";

export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_SIGNED_MANIFEST = "application/vnd.docker.distribution.manifest.v1+prettyjws";

/** The manifest types that a tag can be asked for in, by the short name used in cache keys. */
const TYPES = {
  dl: DOCKER_LIST,
  dm: DOCKER_MANIFEST,
  oi: OCI_INDEX,
  om: OCI_MANIFEST,
} as const;

/**
 * Which manifest types a client takes: the sorted short names, joined by `+`. A tag can lead to
 * another digest for another class, so the class is part of a tag pointer's key.
 */
export type AcceptClass = string & { readonly brand: "AcceptClass" };

export const ALL_TYPES = Object.keys(TYPES).join("+") as AcceptClass;

/**
 * Reads `Accept` (RFC 9110, section 12.5.1), repeated lines joined by commas.
 *
 * @returns the class of the recognised types with a q-value above 0; all of them if the header is
 * absent, has a wildcard, or names none that is recognised.
 */
export function acceptClass(header: string | null): AcceptClass {
  const accepted = new Set((header ?? "*/*").split(",").filter(isAcceptable).map(essence));
  if (accepted.has("*/*") || accepted.has("application/*")) return ALL_TYPES;
  const names = Object.entries(TYPES).filter(([, type]) => accepted.has(type));
  return names.length === 0 ? ALL_TYPES : (names.map(([short]) => short).join("+") as AcceptClass);
}

/** @returns the class that is written so; null if there is none. */
export function parseAcceptClass(raw: string): AcceptClass | null {
  const names = Object.keys(TYPES).filter((short) => raw.split("+").includes(short));
  return raw !== "" && names.join("+") === raw ? (raw as AcceptClass) : null;
}

/** @returns the `Accept` header that asks for just the types of the class. */
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

/** @returns whether this can be the type of a manifest. */
export function isManifestType(mediaType: string): boolean {
  return /^application\/vnd\.[a-z0-9.+_-]+\+(json|prettyjws)$/.test(mediaType);
}

/**
 * @param contentType as it was sent with the bytes; where it cannot be right, they tell themselves
 * (OCI image-spec, manifest.md and image-index.md).
 * @returns null if the bytes are no manifest at all.
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
 * @returns whether the digest of such a manifest is that of its payload without the signatures,
 * and so cannot be compared with the bytes (Docker image manifest version 2, schema 1).
 */
export function isSignedManifest(mediaType: string): boolean {
  return mediaType === DOCKER_SIGNED_MANIFEST;
}

function isAcceptable(element: string): boolean {
  return !/;\s*q=0(\.0*)?\s*(;|$)/i.test(element);
}
