import { type CacheStatus, cacheStatusHeader } from "../protocol/cache-status.ts";
import type { Digest } from "../protocol/digest.ts";
import { etag } from "../protocol/etag.ts";
import { type Body, type HeaderTable, IMMUTABLE, respond } from "./respond.ts";

/** What there is to say of (part of) a blob. */
export interface BlobAnswer {
  readonly digest: Digest;
  readonly status: 200 | 206;
  readonly contentType: string;
  /** Bytes of the body; null if the upstream does not tell. */
  readonly length: number | null;
  /** `Content-Range`, or null. */
  readonly range: string | null;
  readonly cacheStatus: CacheStatus;
}

/** @returns 200 or 206 with a blob; `body` null for HEAD. */
export function respondBlob(answer: BlobAnswer, body: Body): Response {
  const headers = blobHeaders(answer.digest, answer.cacheStatus);
  headers["content-type"] = answer.contentType;
  headers["accept-ranges"] = "bytes";
  if (answer.length !== null) headers["content-length"] = String(answer.length);
  if (answer.range !== null) headers["content-range"] = answer.range;
  return respond(body, headers, answer.status);
}

/** @returns 304 for a blob that the client has. */
export function respondBlobUnchanged(digest: Digest, cacheStatus: CacheStatus): Response {
  return respond(null, blobHeaders(digest, cacheStatus), 304);
}

function blobHeaders(digest: Digest, cacheStatus: CacheStatus): HeaderTable {
  return {
    "docker-content-digest": digest,
    etag: etag(digest),
    "cache-control": IMMUTABLE,
    "cache-status": cacheStatusHeader(cacheStatus),
  };
}
