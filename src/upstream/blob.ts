import type { Digest } from "../protocol/digest.ts";
import { RegistryError } from "../protocol/errors.ts";
import type { Name } from "../protocol/name.ts";
import {
  type ContentRange,
  parseContentRange,
  parseRange,
  parseUnsatisfiedRange,
} from "../protocol/range.ts";
import { imageLabel } from "../protocol/reference.ts";
import { failureOf } from "./failure.ts";
import { discard, rawContentLength } from "./http.ts";
import { fetchFromRegistry, type RegistryResponse } from "./registry.ts";
import type { Upstream } from "./upstream.ts";

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

/** Repeats a request that the storage refuses: its signed URL may have expired on the way. */
async function fetchBlob(
  upstream: Upstream,
  { name, digest }: BlobRequest,
  method: "GET" | "HEAD",
  range: string | null,
): Promise<RegistryResponse> {
  const headers = range === null ? {} : { range };
  const refusals = refusalsOf(method, range);
  const request = { name, path: `blobs/${digest}`, method, headers, isRaw: true, ...refusals };
  const answer = await fetchFromRegistry(upstream, request);
  if (answer.isRegistry || answer.response.status !== 403 || method === "HEAD") return answer;
  discard(answer.response);
  return fetchFromRegistry(upstream, request);
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
  const length = rawContentLength(response.headers);
  if (range === null || ![null, lengthOf(range)].includes(length) || !isPartOf(range, requested)) {
    discard(response);
    throw invalidResponse(request, "the upstream sent another part than requested");
  }
  const total =
    range.total ??
    (await getBlobSize(upstream, request).catch((error: unknown) => {
      discard(response);
      throw error;
    }));
  return { range: { ...range, total }, length: lengthOf(range), isLengthEnforced: length !== null };
}

/** A storage may send less than requested, but nothing else. */
function isPartOf(
  { first, last }: Pick<ContentRange, "first" | "last">,
  requested: string,
): boolean {
  const range = parseRange(requested);
  if (range?.kind !== "from") return true;
  return first === range.first && last <= (range.last ?? last);
}

function lengthOf({ first, last }: Pick<ContentRange, "first" | "last">): number {
  return last - first + 1;
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
  const label = imageLabel(name, { kind: "digest", digest });
  return { label, unknown: "BLOB_UNKNOWN" } as const;
}
