import { type CacheStatus, cacheStatusHeader } from "../protocol/cache-status.ts";
import type { Descriptor } from "../protocol/descriptor.ts";
import type { Digest } from "../protocol/digest.ts";
import { etag } from "../protocol/etag.ts";
import { type Body, type HeaderTable, IMMUTABLE, REVALIDATE, respond } from "./respond.ts";

/** How a manifest came to be answered, which its headers tell. */
export interface ManifestAnswer {
  readonly isByTag: boolean;
  readonly cacheStatus: CacheStatus;
  /** Why an old answer stands in, or null. */
  readonly warning: string | null;
}

/** What there is to say of a manifest; its size is null if the upstream does not tell. */
type SizedManifest = Omit<Descriptor, "size"> & { readonly size: number | null };

/** @returns 200 with a manifest; `body` null for HEAD. */
export function respondManifest(
  { digest, mediaType, size }: SizedManifest,
  body: Body,
  answer: ManifestAnswer,
): Response {
  const headers = manifestHeaders(digest, answer);
  headers["content-type"] = mediaType;
  if (size !== null) headers["content-length"] = String(size);
  return respond(body, headers);
}

/** @returns 304 for a manifest that the client has. */
export function respondManifestUnchanged(digest: Digest, answer: ManifestAnswer): Response {
  return respond(null, manifestHeaders(digest, answer), 304);
}

function manifestHeaders(digest: Digest, answer: ManifestAnswer): HeaderTable {
  const headers: HeaderTable = {
    "docker-content-digest": digest,
    etag: etag(digest),
    "cache-control": answer.isByTag ? REVALIDATE : IMMUTABLE,
    "cache-status": cacheStatusHeader(answer.cacheStatus),
  };
  if (answer.isByTag) headers.vary = "Accept";
  if (answer.warning !== null) headers.warning = `299 - "${quotable(answer.warning)}"`;
  return headers;
}

/** @returns the text as it may stand in a quoted-string (RFC 9110, section 5.6.4). */
function quotable(text: string): string {
  return text
    .replace(/["\\]/g, "'")
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, 1000);
}
