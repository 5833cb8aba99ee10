import type { Digest } from "./digest.ts";

/** @returns the strong entity tag of content with this digest (RFC 9110, section 8.8.3). */
export function etag(digest: Digest): string {
  return `"${digest}"`;
}

/**
 * `If-None-Match` (RFC 9110, section 13.1.2): a list, weak tags and `*` included.
 *
 * @returns whether the header names this digest.
 */
export function namesDigest(ifNoneMatch: string | null, digest: Digest): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch
    .split(",")
    .map((tag) => tag.trim().replace(/^W\//, ""))
    .some((tag) => tag === "*" || tag === etag(digest));
}

/**
 * `If-Range` (RFC 9110, section 13.1.5), by strong comparison; a date never matches, since content
 * here has none.
 *
 * @returns whether a range may be answered as one.
 */
export function allowsRange(ifRange: string | null, digest: Digest): boolean {
  return ifRange === null || ifRange.trim() === etag(digest);
}
