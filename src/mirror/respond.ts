import { type CacheStatus, cacheStatusHeader } from "../protocol/cache-status.ts";
import type { Descriptor } from "../protocol/descriptor.ts";
import type { Digest } from "../protocol/digest.ts";
import type { RegistryError } from "../protocol/errors.ts";
import { etag } from "../protocol/etag.ts";

/** Bytes to send: none for HEAD and where the status has none. */
type Body = Uint8Array | ReadableStream<Uint8Array> | string | null;
type HeaderTable = Record<string, string>;

const API_VERSION = { "docker-distribution-api-version": "registry/2.0" } as const;
/** Everything with bytes or an exact length must reach the client as it is. */
const IMMUTABLE = "public, max-age=31536000, immutable, no-transform";
const REVALIDATE = "no-cache, no-transform";
const SECRET = "no-store, no-transform";

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
  return new Response(body, { headers });
}

/** @returns 304 for a manifest that the client has. */
export function respondManifestUnchanged(digest: Digest, answer: ManifestAnswer): Response {
  return new Response(null, { status: 304, headers: manifestHeaders(digest, answer) });
}

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
  return new Response(body, { status: answer.status, headers });
}

/** @returns 304 for a blob that the client has. */
export function respondBlobUnchanged(digest: Digest, cacheStatus: CacheStatus): Response {
  return new Response(null, { status: 304, headers: blobHeaders(digest, cacheStatus) });
}

export interface JsonAnswer {
  readonly isHead: boolean;
  readonly contentType?: string;
  /** `Link` to the next page. */
  readonly link?: string | null;
  /** `OCI-Filters-Applied`. */
  readonly filtersApplied?: string | null;
  /** Whether no cache on the way may keep it. */
  readonly isSecret?: boolean;
}

/** @returns 200 with a JSON document that is asked for anew every time. */
export function respondJson(json: Uint8Array | string, options: JsonAnswer): Response {
  const bytes = typeof json === "string" ? new TextEncoder().encode(json) : json;
  const headers: HeaderTable = {
    ...API_VERSION,
    "content-type": options.contentType ?? "application/json",
    "content-length": String(bytes.byteLength),
    "cache-control": options.isSecret ? SECRET : REVALIDATE,
  };
  if (options.link) headers.link = options.link;
  if (options.filtersApplied) headers["oci-filters-applied"] = options.filtersApplied;
  return new Response(options.isHead ? null : bytes, { headers });
}

/**
 * @param detail what was asked for, for people and programs.
 * @returns the error as a registry has it (OCI distribution-spec, "Error Codes").
 */
export function respondError(
  error: RegistryError,
  options: { readonly isHead: boolean; readonly detail: Readonly<Record<string, string>> },
): Response {
  const { code, message, status, retryAfterSeconds } = error;
  const json = JSON.stringify({ errors: [{ code, message, detail: options.detail }] });
  const bytes = new TextEncoder().encode(json);
  const headers: HeaderTable = {
    ...API_VERSION,
    "content-type": "application/json",
    "content-length": String(bytes.byteLength),
    "cache-control": SECRET,
    ...error.headers,
  };
  if (retryAfterSeconds !== null) headers["retry-after"] = String(retryAfterSeconds);
  return new Response(options.isHead ? null : bytes, { status, headers });
}

/** @returns a line of plain text, for people who come by with a browser. */
export function respondText(text: string, status: number, isHead: boolean): Response {
  return new Response(isHead ? null : `${text}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-robots-tag": "noindex" },
  });
}

function manifestHeaders(digest: Digest, answer: ManifestAnswer): HeaderTable {
  const headers: HeaderTable = {
    ...API_VERSION,
    "docker-content-digest": digest,
    etag: etag(digest),
    "cache-control": answer.isByTag ? REVALIDATE : IMMUTABLE,
    "cache-status": cacheStatusHeader(answer.cacheStatus),
  };
  if (answer.isByTag) headers.vary = "Accept";
  if (answer.warning !== null) headers.warning = `299 - "${quotable(answer.warning)}"`;
  return headers;
}

function blobHeaders(digest: Digest, cacheStatus: CacheStatus): HeaderTable {
  return {
    ...API_VERSION,
    "docker-content-digest": digest,
    etag: etag(digest),
    "cache-control": IMMUTABLE,
    "cache-status": cacheStatusHeader(cacheStatus),
  };
}

/** @returns the text as it may stand in a quoted-string (RFC 9110, section 5.6.4). */
function quotable(text: string): string {
  return text
    .replace(/["\\]/g, "'")
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, 1000);
}
