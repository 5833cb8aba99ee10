import { type Digest, parseDigest } from "./digest.ts";
import { RegistryError } from "./errors.ts";
import { type ImageName, type Name, parseImageName, parseName } from "./name.ts";
import { parseReference, type Reference } from "./reference.ts";

/** What a path under `/v2/` asks for (OCI distribution-spec, "Endpoints"). */
export type Route =
  | { readonly kind: "base" }
  | { readonly kind: "manifest"; readonly image: ImageName; readonly reference: Reference }
  | { readonly kind: "blob"; readonly image: ImageName; readonly digest: Digest }
  | { readonly kind: "tags"; readonly image: ImageName }
  | { readonly kind: "referrers"; readonly image: ImageName; readonly digest: Digest };

const ENDPOINT = /^\/v2\/(.*)\/(manifests|blobs|referrers|tags)\/([^/]+)$/;

/** @returns whether the path belongs to a registry API, of this version or the one before. */
export function isRegistryPath(pathname: string): boolean {
  return /^\/v[12](\/|$)/.test(pathname);
}

/**
 * @param pathname as it stands in the URL, percent-encoded.
 * @throws RegistryError UNSUPPORTED, NAME_INVALID, DIGEST_INVALID or MANIFEST_UNKNOWN.
 */
export function parseRoute(pathname: string): Route {
  if (pathname === "/v2" || pathname === "/v2/") return { kind: "base" };
  const [, rawName, kind, rawReference] = ENDPOINT.exec(pathname) ?? [];
  if (rawName === undefined || rawReference === undefined) throw unsupported(pathname);
  if (kind === "tags") {
    if (rawReference !== "list") throw unsupported(pathname);
    return { kind, image: readName(rawName) };
  }
  const image = readName(rawName);
  if (kind === "manifests") {
    return { kind: "manifest", image, reference: readReference(image, rawReference) };
  }
  const digest = readDigest(image, rawReference);
  return kind === "blobs" ? { kind: "blob", image, digest } : { kind: "referrers", image, digest };
}

/** @returns the repository that a path of another registry is about; null for other paths. */
export function repositoryIn(pathname: string): Name | null {
  const [, raw] = ENDPOINT.exec(pathname) ?? [];
  return raw === undefined ? null : parseName(raw);
}

function readName(raw: string): ImageName {
  const segments = raw.split("/").map(decodeSegment);
  const asked = segments.join("/");
  const image = segments.some((segment) => segment.includes("/")) ? null : parseImageName(asked);
  if (image !== null) return image;
  // Here and below: a client's own words, of any characters.
  throw new RegistryError(
    "NAME_INVALID",
    `${JSON.stringify(asked.slice(0, 300))} is not a repository name: at most 255 characters, lower-case letters, digits and . _ - between slashes`,
  );
}

function readReference(image: ImageName, raw: string): Reference {
  const text = decodeSegment(raw);
  const reference = parseReference(text);
  if (reference !== null) return reference;
  if (text.includes(":")) throw invalidDigest(image, text);
  throw new RegistryError(
    "MANIFEST_UNKNOWN",
    `${image.asked}: ${JSON.stringify(text.slice(0, 150))} is not a tag, so no manifest has it`,
  );
}

function readDigest(image: ImageName, raw: string): Digest {
  const text = decodeSegment(raw);
  const digest = parseDigest(text);
  if (digest === null) throw invalidDigest(image, text);
  return digest;
}

function invalidDigest(image: ImageName, text: string): RegistryError {
  return new RegistryError(
    "DIGEST_INVALID",
    `${image.asked}: ${JSON.stringify(text.slice(0, 150))} is not a digest: sha256: and 64 lower-case hex digits, or sha384, sha512`,
  );
}

function unsupported(pathname: string): RegistryError {
  return new RegistryError(
    "UNSUPPORTED",
    `this mirror has no ${pathname.slice(0, 300)}: it answers for manifests, blobs, tags and referrers`,
  );
}

/** @returns the segment without percent-encoding; as it is if that is malformed. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
