import { type CacheStatus, cacheStatusHeader } from "../protocol/cache-status.ts";
import type { Descriptor } from "../protocol/descriptor.ts";
import type { Digest } from "../protocol/digest.ts";
import type { RegistryError } from "../protocol/errors.ts";
import { etag } from "../protocol/etag.ts";
import { isSignedManifest } from "../protocol/media-type.ts";

/** Null for a status without a body. A HEAD response drops the body. */
export type Body = Uint8Array | ReadableStream<Uint8Array> | string | null;
export type HeaderTable = Readonly<Record<string, string>>;

/** The result of a handler. */
export interface Answer {
  readonly status: number;
  /** All headers of the response; no header of the upstream is passed on by itself. */
  readonly headers: HeaderTable;
  readonly body: Body;
  /** Null for an answer that is not cached. */
  readonly cacheStatus: CacheStatus | null;
  /** Whether the answer belongs to the registry API. */
  readonly isRegistry: boolean;
}

/** `no-transform`: content with a digest or an exact length must reach the client unchanged. */
const IMMUTABLE = "public, max-age=31536000, immutable, no-transform";
const REVALIDATE = "no-cache, no-transform";
const NO_STORE = "no-store, no-transform";
/** Some clients wait four times as long, one after another, before they use another registry. */
const MAX_RETRY_AFTER_SECONDS = 5;
const MAX_WARNING_LENGTH = 1000;
const BLOB_TYPE = "application/octet-stream";

/** Builds the response of every request. */
export function toResponse({ status, headers, body }: Answer, isHead: boolean): Response {
  return new Response(isHead ? null : body, { status, headers });
}

/** @returns the answer with further headers. */
export function withHeaders(answer: Answer, headers: HeaderTable): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function registryAnswer(
  body: Body,
  headers: HeaderTable,
  cacheStatus: CacheStatus | null = null,
  status = 200,
): Answer {
  const common = {
    "docker-distribution-api-version": "registry/2.0",
    ...(cacheStatus && { "cache-status": cacheStatusHeader(cacheStatus) }),
  };
  return { status, headers: { ...common, ...headers }, body, cacheStatus, isRegistry: true };
}

export interface ManifestAnswer {
  /** Without bytes for HEAD, or a client that has the manifest. */
  readonly manifest: Descriptor & { readonly bytes?: Uint8Array };
  /** Whether the client has the manifest: 304. */
  readonly isUnchanged: boolean;
  readonly isByTag: boolean;
  readonly cacheStatus: CacheStatus;
  /** Why a stale manifest is used, or null. */
  readonly warning: string | null;
}

/** @returns 200 or 304 for a manifest. */
export function manifestAnswer(answer: ManifestAnswer): Answer {
  const { manifest, isUnchanged, isByTag, cacheStatus, warning } = answer;
  const { digest, mediaType, size, bytes = null } = manifest;
  const headers = {
    "docker-content-digest": digest,
    etag: etag(digest),
    "cache-control": manifestCacheControl(mediaType, isByTag),
    ...(isByTag && { vary: "Accept" }),
    ...(warning !== null && { warning: warningHeader(warning) }),
    ...(!isUnchanged && { "content-type": mediaType, "content-length": String(size) }),
  };
  return registryAnswer(isUnchanged ? null : bytes, headers, cacheStatus, isUnchanged ? 304 : 200);
}

/** A signed manifest cannot be verified, so no cache may keep it. */
function manifestCacheControl(mediaType: string, isByTag: boolean): string {
  if (isSignedManifest(mediaType)) return NO_STORE;
  return isByTag ? REVALIDATE : IMMUTABLE;
}

export interface BlobAnswer {
  readonly status: 200 | 206 | 304;
  /** By default that of every blob, whatever its storage reports. */
  readonly contentType?: string;
  /** Bytes of the body; null if unknown. */
  readonly length: number | null;
  /** The `Content-Range` header; null for the whole blob. */
  readonly contentRange?: string | null;
  readonly body?: Body;
  readonly cacheStatus: CacheStatus;
}

/** @returns 200, 206 or 304 for a blob. */
export function blobAnswer(digest: Digest, answer: BlobAnswer): Answer {
  const { status, contentType = BLOB_TYPE, length, contentRange, body = null } = answer;
  const headers = {
    "docker-content-digest": digest,
    etag: etag(digest),
    "cache-control": IMMUTABLE,
    ...(status !== 304 && { "content-type": contentType, "accept-ranges": "bytes" }),
    ...(length !== null && { "content-length": String(length) }),
    ...(contentRange && { "content-range": contentRange }),
  };
  return registryAnswer(body, headers, answer.cacheStatus, status);
}

export interface JsonOptions {
  readonly contentType?: string;
  /** The `Link` to the next page, or null. */
  readonly link?: string | null;
  /** The `OCI-Filters-Applied` header, or null. */
  readonly filtersApplied?: string | null;
  /** Absent for an answer that is not cached. */
  readonly cacheStatus?: CacheStatus;
  /** Why a stale list is used, or null. */
  readonly warning?: string | null;
  /** Whether no cache may keep the answer. */
  readonly isSecret?: boolean;
}

/** @returns 200 with a JSON document. */
export function jsonAnswer(json: Uint8Array | string, options: JsonOptions = {}): Answer {
  const bytes = typeof json === "string" ? new TextEncoder().encode(json) : json;
  const headers = {
    "content-type": options.contentType ?? "application/json",
    "content-length": String(bytes.byteLength),
    "cache-control": options.isSecret ? NO_STORE : REVALIDATE,
    ...(options.link && { link: options.link }),
    ...(options.filtersApplied && { "oci-filters-applied": options.filtersApplied }),
    ...(options.warning && { warning: warningHeader(options.warning) }),
  };
  return registryAnswer(bytes, headers, options.cacheStatus ?? null);
}

/**
 * @param path of the request, without any secret; null if the client was not admitted.
 * @returns the error in JSON (OCI distribution-spec, "Error Codes").
 */
export function errorAnswer(error: RegistryError, path: string | null): Answer {
  const { code, message, status, retryAfterSeconds } = error;
  const detail = path === null ? {} : { path };
  const bytes = new TextEncoder().encode(JSON.stringify({ errors: [{ code, message, detail }] }));
  const retryAfter = Math.min(retryAfterSeconds ?? 0, MAX_RETRY_AFTER_SECONDS);
  const headers = {
    "content-type": "application/json",
    "content-length": String(bytes.byteLength),
    "cache-control": NO_STORE,
    ...error.headers,
    ...(retryAfter > 0 && { "retry-after": String(retryAfter) }),
  };
  return registryAnswer(bytes, headers, null, status);
}

/**
 * @param csp the `Content-Security-Policy` of the page.
 * @returns an HTML page. It may contain a secret of its visitor, so nothing may keep it.
 */
export function pageAnswer(html: string, csp: string): Answer {
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": csp,
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
    vary: "accept-language",
  };
  return { status: 200, headers, body: html, cacheStatus: null, isRegistry: false };
}

/** @returns a line of plain text for visitors with a browser. */
export function textAnswer(status: number, text: string, headers: HeaderTable = {}): Answer {
  const common = { "content-type": "text/plain; charset=utf-8", "x-robots-tag": "noindex" };
  return {
    status,
    headers: { ...common, ...headers },
    body: `${text}\n`,
    cacheStatus: null,
    isRegistry: false,
  };
}

/** @returns a `Warning` header (RFC 7234, section 5.5), with the text as a quoted-string. */
function warningHeader(text: string): string {
  const quotable = text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, "?");
  return `299 - "${quotable.slice(0, MAX_WARNING_LENGTH)}"`;
}
