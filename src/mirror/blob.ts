import { blobKey } from "../cache/keys.ts";
import type { Digest } from "../protocol/digest.ts";
import { allowsRange, namesDigest } from "../protocol/etag.ts";
import {
  contentRangeHeader,
  parseRange,
  type RangeRequest,
  rangeHeader,
} from "../protocol/range.ts";
import { type BlobReply, getBlob, getBlobSize } from "../upstream/blob.ts";
import { fillLater } from "./blob-fill.ts";
import { keepWhileSending } from "./blob-keep.ts";
import { findNear, type NearBlob } from "./blob-near.ts";
import { partOf } from "./blob-part.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";
import type { ClientRequest } from "./request.ts";
import { type BlobAnswer, respondBlob, respondBlobUnchanged } from "./respond-blob.ts";

/** The first of the parts in which a large blob is pulled has more. */
const MIN_PULLED_BYTES = 1024 * 1024;
/** What a blob is, whatever its storage calls it. */
const BLOB_TYPE = "application/octet-stream";

/**
 * GET and HEAD `/v2/<name>/blobs/<digest>`: from a cache or the blob store, else streamed.
 *
 * @throws RegistryError for every other answer than 200, 206 and 304.
 */
export async function serveBlob(
  context: Context,
  request: ClientRequest,
  image: Image,
  digest: Digest,
): Promise<Response> {
  const range = readRange(request, digest);
  const isUnchanged = namesDigest(request.headers.get("if-none-match"), digest);
  const isWhole = !request.isHead && !isUnchanged && range === null;
  const near = await findNear(context, image, digest, isWhole);
  if (!request.isHead && !isUnchanged) return sendBlob(context, image, digest, range, near);
  const length = near?.size ?? (await measure(context, image, digest));
  if (isUnchanged) return respondBlobUnchanged(digest, statusOf(context));
  return respondBlob(answerOf(context, digest, { length }), null);
}

async function sendBlob(
  context: Context,
  image: Image,
  digest: Digest,
  range: RangeRequest | null,
  near: NearBlob | null,
): Promise<Response> {
  if (near === null) return streamBlob(context, image, digest, range);
  const part = partOf(near.size, range);
  const body = await near.open(part);
  if (body === null) return streamBlob(context, image, digest, range);
  return respondBlob(answerOf(context, digest, part), body);
}

/** Passes on what the upstream sends, and keeps what may be kept. */
async function streamBlob(
  context: Context,
  image: Image,
  digest: Digest,
  range: RangeRequest | null,
): Promise<Response> {
  const question = { name: image.name, digest };
  const reply = await context.refusals.guard(refusalKey(context, image, digest), () =>
    getBlob(context.upstream, question, range && rangeHeader(range)),
  );
  const answer = answerOf(context, digest, {
    status: reply.status,
    length: reply.length,
    range: reply.range && contentRangeHeader(reply.range),
    contentType: reply.multipartType ?? BLOB_TYPE,
  });
  fillLater(context, image, digest, sizeToKeep(reply));
  const exact = { ...reply, body: exactBody(reply) };
  return respondBlob(answer, keepWhileSending(context, image, digest, exact));
}

/** @returns the body, which breaks if it has another length than the client is told. */
function exactBody({ body, length, isPromised }: BlobReply): ReadableStream<Uint8Array> | null {
  if (isPromised || length === null || body === null) return body;
  return body.pipeThrough(new FixedLengthStream(length));
}

/**
 * Who reads a few bytes, or from the middle on, does not pull a blob: it is not worth a download.
 *
 * @returns the size of the blob that a client pulls; null if it does not, or nobody tells.
 */
function sizeToKeep({ status, length, range }: BlobReply): number | null {
  if (range === null) return status === 200 ? length : null;
  const { first, last, total } = range;
  return first === 0 && (last === total - 1 || last >= MIN_PULLED_BYTES) ? total : null;
}

function measure(context: Context, image: Image, digest: Digest): Promise<number> {
  return context.refusals.guard(refusalKey(context, image, digest), () =>
    getBlobSize(context.upstream, { name: image.name, digest }),
  );
}

/** `If-Range` decides whether the range counts; a digest never names other bytes. */
function readRange({ headers }: ClientRequest, digest: Digest): RangeRequest | null {
  return allowsRange(headers.get("if-range"), digest) ? parseRange(headers.get("range")) : null;
}

function refusalKey({ space }: Context, image: Image, digest: Digest): string {
  return blobKey(space, image.name, digest);
}

function answerOf(context: Context, digest: Digest, part: Partial<BlobAnswer>): BlobAnswer {
  const whole = { status: 200, contentType: BLOB_TYPE, length: null, range: null } as const;
  return { ...whole, ...part, digest, cacheStatus: statusOf(context) };
}

function statusOf({ trace }: Context) {
  return { isForwarded: trace.upstreamRequests > 0, isKnown: false, detail: null };
}
