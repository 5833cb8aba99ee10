import type { Digest } from "../protocol/digest.ts";
import { RegistryError } from "../protocol/errors.ts";
import type { Name } from "../protocol/name.ts";
import { type ContentRange, parseContentRange, parseUnsatisfiedRange } from "../protocol/range.ts";
import { digestLabel } from "../protocol/reference.ts";
import { signatureExpiry } from "../protocol/signed-url.ts";
import { failureOf } from "./failure.ts";
import { discard, rawContentLength } from "./http.ts";
import { fetchFromRegistry, type RegistryResponse } from "./registry.ts";
import type { Upstream } from "./upstream.ts";

/** For a signed URL that does not say when it expires. */
const UNKNOWN_LIFE_MS = 60_000;
/** Covers differing clocks and the duration of the request. */
const EXPIRY_MARGIN_MS = 10_000;

export interface BlobRequest {
  readonly name: Name;
  readonly digest: Digest;
}

/** A response with a blob or a part of it, its body unread. */
export interface BlobResponse {
  readonly status: 200 | 206;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Bytes of the body; null if unknown. */
  readonly length: number | null;
  /** Whether the response itself has the length, so that a truncated body fails. */
  readonly isLengthEnforced: boolean;
  /** Null for a whole blob and for several ranges. */
  readonly range: ContentRange | null;
  /** The `Content-Type` of several ranges, or null. */
  readonly multipartType: string | null;
}

/**
 * GET of a blob.
 *
 * @param range a `Range` header, or null for the whole blob.
 * @throws RegistryError BLOB_UNKNOWN; RANGE_INVALID 416 for a range that cannot be satisfied, 400
 * for several ranges where the storage supports one; and the errors of `failureOf` and
 * `fetchFromRegistry`.
 */
export async function getBlob(
  upstream: Upstream,
  request: BlobRequest,
  range: string | null,
): Promise<BlobResponse> {
  const answer = await fetchBlob(upstream, request, "GET", range);
  const { status, headers, body } = answer.response;
  const length = rawContentLength(headers);
  const whole = { body, length, isLengthEnforced: true, range: null, multipartType: null };
  if (status === 200 && length !== null) return { ...whole, status };
  if (status === 200) {
    // Clients rely on the length.
    const size = await getBlobSize(upstream, request).catch(() => null);
    return { ...whole, status, length: size, isLengthEnforced: false };
  }
  if (range !== null && status === 206) {
    return { ...whole, status, ...(await readPart(upstream, request, answer, range)) };
  }
  const isRefused = status === 416 || (status === 400 && range?.includes(","));
  if (range !== null && isRefused) throw await refusedRange(upstream, request, answer);
  throw await failureOf(upstream, answer, subjectOf(request));
}

/**
 * The size of a blob, by HEAD; if that is refused or has no length, by a GET of one byte.
 *
 * @returns bytes.
 * @throws RegistryError BLOB_UNKNOWN, and the errors of `failureOf` and `fetchFromRegistry`.
 */
export async function getBlobSize(upstream: Upstream, request: BlobRequest): Promise<number> {
  // A signed URL is valid for GET only.
  if (knownUrl(upstream, request) !== null) return getSizeByRange(upstream, request);
  const answer = await fetchBlob(upstream, request, "HEAD", null);
  const { status, headers } = answer.response;
  if (status === 404 || status === 429 || (status >= 500 && status !== 501)) {
    throw await failureOf(upstream, answer, subjectOf(request));
  }
  discard(answer.response);
  const size = status === 200 ? rawContentLength(headers) : null;
  return size ?? getSizeByRange(upstream, request);
}

async function getSizeByRange(upstream: Upstream, request: BlobRequest): Promise<number> {
  const answer = await fetchBlob(upstream, request, "GET", "bytes=0-0");
  const { status, headers } = answer.response;
  const range = headers.get("content-range");
  const size = {
    200: rawContentLength(headers),
    206: parseContentRange(range)?.total,
    416: parseUnsatisfiedRange(range) ?? 0,
  }[status];
  if (size === undefined) throw await failureOf(upstream, answer, subjectOf(request));
  discard(answer.response);
  if (size !== null) return size;
  throw invalidResponse(request, "the upstream does not report the size of this blob");
}

/**
 * Requests a blob from its known storage, or else from the registry. A request that the storage
 * refuses is repeated: its signed URL may have expired on the way.
 */
async function fetchBlob(
  upstream: Upstream,
  blob: BlobRequest,
  method: "GET" | "HEAD",
  range: string | null,
): Promise<RegistryResponse> {
  const known = method === "GET" ? await fetchFromKnownUrl(upstream, blob, range) : null;
  if (known !== null) return known;
  const headers = range === null ? {} : { range };
  const path = `blobs/${blob.digest}`;
  const refusals = refusalsOf(method, range);
  const request = { name: blob.name, path, method, headers, isRaw: true, ...refusals };
  let answer = await fetchFromRegistry(upstream, request);
  if (method === "HEAD") return answer;
  if (!answer.isRegistry && answer.response.status === 403) {
    discard(answer.response);
    answer = await fetchFromRegistry(upstream, request);
  }
  rememberUrl(upstream, blob, answer);
  return answer;
}

/** @returns null if the URL of the blob is unknown, or no longer valid. */
async function fetchFromKnownUrl(
  upstream: Upstream,
  blob: BlobRequest,
  range: string | null,
): Promise<RegistryResponse | null> {
  const { http, blobUrls, usage } = upstream;
  const url = knownUrl(upstream, blob);
  if (url === null) return null;
  const headers = range === null ? {} : { range };
  const request = { url, method: "GET", headers, isRaw: true } as const;
  const response = await http.send(request, usage).catch(() => null);
  if (response !== null && [200, 206, 416].includes(response.status)) {
    return { response, url, isRegistry: false };
  }
  if (response !== null) discard(response);
  blobUrls.delete(urlKey(upstream, blob));
  return null;
}

function knownUrl(upstream: Upstream, blob: BlobRequest): URL | null {
  const known = upstream.blobUrls.get(urlKey(upstream, blob));
  return known !== undefined && upstream.now() < known.until ? known.url : null;
}

/** A client's own login may end at any time, so its URLs are not kept. */
function rememberUrl(
  upstream: Upstream,
  blob: BlobRequest,
  { response, url, isRegistry }: RegistryResponse,
): void {
  const { clientToken, blobUrls, now } = upstream;
  if (isRegistry || clientToken !== null || ![200, 206].includes(response.status)) return;
  const expiry = signatureExpiry(url);
  const until = expiry === null ? now() + UNKNOWN_LIFE_MS : expiry - EXPIRY_MARGIN_MS;
  blobUrls.set(urlKey(upstream, blob), { url, until });
}

function urlKey({ id, account, clientToken }: Upstream, { name, digest }: BlobRequest): string {
  return JSON.stringify([id, account?.username ?? null, clientToken, name, digest]);
}

/**
 * public.ecr.aws answers every HEAD with 401, and gcr.io several ranges with 400; neither needs a
 * new token. A refused HEAD is followed by a GET anyway.
 */
function refusalsOf(method: "GET" | "HEAD", range: string | null) {
  if (method === "HEAD") return { refusals: [] };
  return range?.includes(",") ? { refusals: [401] } : {};
}

/** Reads which part a 206 contains: one range, or several. */
async function readPart(
  upstream: Upstream,
  request: BlobRequest,
  { response }: RegistryResponse,
  requested: string,
) {
  const contentType = response.headers.get("content-type") ?? "";
  if (/^multipart\/byteranges\b/i.test(contentType)) return { multipartType: contentType };
  const range = parseContentRange(response.headers.get("content-range"));
  const reported = rawContentLength(response.headers);
  const length = range && range.last - range.first + 1;
  try {
    if (!range || !length || (reported ?? length) !== length || !isPartOf(range, requested)) {
      throw invalidResponse(request, "the upstream sent another part than requested");
    }
    const total = range.total ?? (await getBlobSize(upstream, request));
    return { range: { ...range, total }, length, isLengthEnforced: reported !== null };
  } catch (error) {
    discard(response);
    throw error;
  }
}

/** A storage may send less than requested, but nothing else. */
function isPartOf(
  { first, last }: Pick<ContentRange, "first" | "last">,
  requested: string,
): boolean {
  const [, start, end = last] = /^bytes=(\d+)-(\d+)?$/.exec(requested) ?? [];
  return start === undefined || (first === Number(start) && last <= Number(end));
}

async function refusedRange(
  upstream: Upstream,
  request: BlobRequest,
  { response }: RegistryResponse,
): Promise<RegistryError> {
  const { status, headers } = response;
  discard(response);
  const message = `${subjectOf(request).label}: the range cannot be satisfied`;
  if (status !== 416) return new RegistryError("RANGE_INVALID", message, { status });
  const reported = parseUnsatisfiedRange(headers.get("content-range"));
  const total = reported ?? (await getBlobSize(upstream, request));
  return new RegistryError("RANGE_INVALID", message, {
    headers: { "content-range": `bytes */${total}` },
  });
}

function invalidResponse(request: BlobRequest, problem: string): RegistryError {
  return new RegistryError("UNAVAILABLE", `${subjectOf(request).label}: ${problem}; try again`);
}

function subjectOf({ name, digest }: BlobRequest) {
  const label = digestLabel(name, digest);
  return { label, unknown: "BLOB_UNKNOWN" } as const;
}
