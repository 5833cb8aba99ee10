import type { Digest } from "./digest.ts";
import { RegistryError } from "./errors.ts";
import { type ImageName, type Name, parseImageName, parseName } from "./name.ts";
import { parseReference, type Reference } from "./reference.ts";

/** A parsed path under `/v2/` (OCI distribution-spec, "Endpoints"). */
export type Route =
  | { readonly kind: "base" }
  | { readonly kind: "manifest"; readonly image: ImageName; readonly reference: Reference }
  | { readonly kind: "blob"; readonly image: ImageName; readonly digest: Digest }
  | { readonly kind: "tags"; readonly image: ImageName }
  | { readonly kind: "referrers"; readonly image: ImageName; readonly digest: Digest };

const ENDPOINT = /^\/v2\/(.*)\/(?:(manifests|blobs|referrers)\/([^/]+)|tags\/list)$/;

/** @returns whether the path belongs to the registry API, version 1 or 2. */
export function isRegistryPath(pathname: string): boolean {
  return /^\/v[12](\/|$)/.test(pathname);
}

/** @returns whether the path is one of an image, whatever its name. */
export function isImagePath(pathname: string): boolean {
  return ENDPOINT.test(pathname);
}

/**
 * @param pathname of the URL, percent-encoded.
 * @throws RegistryError UNSUPPORTED, NAME_INVALID, DIGEST_INVALID or MANIFEST_UNKNOWN.
 */
export function parseRoute(pathname: string): Route {
  if (pathname === "/v2" || pathname === "/v2/") return { kind: "base" };
  const [, rawName, kind, rawReference = ""] = ENDPOINT.exec(pathname) ?? [];
  if (rawName === undefined) {
    throw new RegistryError(
      "UNSUPPORTED",
      `${pathname.slice(0, 300)} is not supported: this mirror serves manifests, blobs, tags and referrers`,
    );
  }
  const image = readName(rawName);
  if (kind === undefined) return { kind: "tags", image };
  const text = decodeSegment(rawReference);
  const reference = parseReference(text);
  // The text comes from the client and may contain any character.
  const label = `${image.requestedName}: ${JSON.stringify(text.slice(0, 150))}`;
  if (kind === "manifests") {
    if (reference !== null) return { kind: "manifest", image, reference };
    if (!text.includes(":")) {
      throw new RegistryError("MANIFEST_UNKNOWN", `${label} is not a valid tag`);
    }
  } else if (reference?.kind === "digest") {
    return { kind: kind === "blobs" ? "blob" : "referrers", image, digest: reference.digest };
  }
  throw new RegistryError(
    "DIGEST_INVALID",
    `${label} is not a valid digest: expected sha256: and 64 lower-case hex digits, or sha384 or sha512`,
  );
}

/** @returns the repository in a path of a registry API; null for other paths. */
export function repositoryIn(pathname: string): Name | null {
  const [, raw] = ENDPOINT.exec(pathname) ?? [];
  return raw === undefined ? null : parseName(raw);
}

function readName(raw: string): ImageName {
  const segments = raw.split("/").map(decodeSegment);
  const requestedName = segments.join("/");
  const image = segments.some((segment) => segment.includes("/"))
    ? null
    : parseImageName(requestedName);
  if (image !== null) return image;
  throw new RegistryError(
    "NAME_INVALID",
    `${JSON.stringify(requestedName.slice(0, 300))} is not a valid repository name: at most 255 characters, lower-case letters, digits and . _ - between slashes`,
  );
}

/** @returns the segment without percent-encoding; unchanged if the encoding is malformed. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
