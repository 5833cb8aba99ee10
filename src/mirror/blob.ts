import type { BlobArchive, BlobSpan } from "../cache/blob-archive.ts";
import { blobKey } from "../cache/keys.ts";
import { withLength } from "../platform/sized-stream.ts";
import { HIT, MISS } from "../protocol/cache-status.ts";
import { type Digest, matchesDigest } from "../protocol/digest.ts";
import { RegistryError } from "../protocol/errors.ts";
import { allowsRange, namesDigest } from "../protocol/etag.ts";
import {
  contentRangeHeader,
  parseRange,
  type RangeRequest,
  selectRange,
} from "../protocol/range.ts";
import { digestLabel } from "../protocol/reference.ts";
import type { Services } from "../services.ts";
import { type BlobResponse, getBlob, getBlobSize } from "../upstream/blob.ts";
import { askInOrder, type Delivery } from "../upstream/in-order.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { type Answer, type Body, blobAnswer } from "./answer.ts";
import { isArchivable, startBackfill } from "./backfill.ts";
import type { Target } from "./target.ts";

/** A blob that needs no upstream request. */
interface StoredBlob {
  /** Bytes. */
  readonly size: number;
  /** @returns a part of the bytes; null if they are gone. */
  open(span: BlobSpan): Promise<Body>;
}

/** The part of a blob that answers a request. */
interface BlobPart extends BlobSpan {
  readonly status: 200 | 206;
  /** The `Content-Range` header; null for the whole blob. */
  readonly contentRange: string | null;
}

/** Image configurations and other small blobs. Reading a larger one takes more CPU than a backfill. */
const MAX_SMALL_BYTES = 256 * 1024;

/**
 * GET and HEAD `/v2/<name>/blobs/<digest>`: from a cache or the archive, or else streamed.
 *
 * @throws RegistryError for every answer but 200, 206 and 304.
 */
export async function serveBlob(
  services: Services,
  target: Target,
  digest: Digest,
): Promise<Answer> {
  const { headers, isHead } = target.client;
  const isUnchanged = namesDigest(headers.get("if-none-match"), digest);
  // `If-Range` with anything but this digest disables the range.
  const isRangeValid = allowsRange(headers.get("if-range"), digest);
  const range = isRangeValid ? parseRange(headers.get("range")) : null;
  const isWhole = !isHead && !isUnchanged && range === null;
  const stored = await findStored(services, target, digest, isWhole);
  if (isHead || isUnchanged) {
    const length = stored?.size ?? (await measureBlob(services, target, digest));
    const cacheStatus = stored === null ? MISS : HIT;
    const status = isUnchanged ? 304 : 200;
    return blobAnswer(digest, { status, length: isUnchanged ? null : length, cacheStatus });
  }
  if (stored !== null) {
    const part = selectPart(stored.size, range);
    const body = await stored.open(part);
    if (body !== null) return blobAnswer(digest, { ...part, body, cacheStatus: HIT });
  }
  return streamBlob(services, target, digest, range);
}

/**
 * Finds a blob in memory or in the archive, and records the pull.
 *
 * @param isWhole whether the whole blob will be read, so that it can be opened at once.
 */
async function findStored(
  services: Services,
  target: Target,
  digest: Digest,
  isWhole: boolean,
): Promise<StoredBlob | null> {
  const { platform, report } = services;
  const bytes = services.smallBlobs.get(keyOf(target, digest));
  const archive = services.archiveOf(target.registry);
  const stored = bytes ? fromMemory(bytes) : archive && (await findIn(archive, digest, isWhole));
  const recordAccess = async () => {
    const isArchived = (await archive?.recordAccess(digest)) ?? true;
    if (bytes && !isArchived) {
      await archiveSmallBlob(services, target, digest, target.upstreams, bytes);
    }
  };
  if (stored !== null) {
    platform.waitUntil(recordAccess().catch((cause) => report("blob archive", "write", cause)));
  }
  return stored;
}

function fromMemory(bytes: Uint8Array): StoredBlob {
  const open = async ({ first, length }: BlobSpan) => bytes.subarray(first, first + length);
  return { size: bytes.byteLength, open };
}

async function findIn(
  archive: BlobArchive,
  digest: Digest,
  isWhole: boolean,
): Promise<StoredBlob | null> {
  if (isWhole) {
    const found = await archive.read(digest, null);
    return found && { size: found.size, open: async () => found.body };
  }
  const size = await archive.size(digest);
  if (size === null) return null;
  return { size, open: async (span) => (await archive.read(digest, span))?.body ?? null };
}

/** Passes on the upstream's response, and stores what may be stored. */
async function streamBlob(
  services: Services,
  target: Target,
  digest: Digest,
  range: RangeRequest | null,
): Promise<Answer> {
  const request = { name: target.name, digest };
  const header = range?.header ?? null;
  const delivery = await services.negative.guard(`GET ${keyOf(target, digest)}`, "limits", () =>
    askInOrder(target, (upstream) => getBlob(upstream, request, header)),
  );
  const { status, length, range: part, multipartType } = delivery.value;
  return blobAnswer(digest, {
    ...{ status, length },
    contentRange: part && contentRangeHeader(part),
    ...(multipartType !== null && { contentType: multipartType }),
    body: storeWhileStreaming(services, target, digest, range, delivery),
    cacheStatus: MISS,
  });
}

/**
 * @returns the body for the client. A small blob is read here at the same time and stored. None of
 * the bytes of a large one passes through JavaScript; a backfill stores it. An interruption is
 * logged.
 */
function storeWhileStreaming(
  services: Services,
  target: Target,
  digest: Digest,
  range: RangeRequest | null,
  { value: response, upstream }: Delivery<BlobResponse>,
): ReadableStream<Uint8Array> | null {
  const { status, body, length, isLengthEnforced } = response;
  if (body === null || length === null) return body;
  const exactBody = () => (isLengthEnforced ? body : withLength(body, length).stream);
  const { platform, report } = services;
  const startedAt = platform.now();
  // The platform counts no bytes of a body that it moves, so the log has the time instead.
  const logBreak = () =>
    platform.log("blob interrupted", {
      registry: target.registry.name,
      image: digestLabel(target.name, digest),
      size: length,
      ms: platform.now() - startedAt,
      // Both fail with the same error.
      reason: target.client.signal.aborted ? "the client disconnected" : "the upstream broke off",
    });
  if (status === 200 && length <= MAX_SMALL_BYTES) {
    const [toClient, toStore] = exactBody().tee();
    const storing = new Response(toStore)
      .arrayBuffer()
      .then(
        (bytes) => storeSmallBlob(services, target, digest, upstream, new Uint8Array(bytes)),
        logBreak,
      );
    platform.waitUntil(storing.catch((cause) => report("blob archive", "write", cause)));
    return toClient;
  }
  const size = pulledSize(range, response);
  const cancelBackfill = size === null ? null : startBackfill(services, target, digest, size);
  if (length <= MAX_SMALL_BYTES && cancelBackfill === null) return exactBody();
  // The platform ends an invocation about 30 seconds after it starts to pump an untouched body. The
  // backfill would end with it, and an interruption would be unknown.
  const { stream, done } = withLength(body, length);
  const interrupted = () => {
    cancelBackfill?.();
    logBreak();
  };
  platform.waitUntil(done.catch(interrupted));
  return stream;
}

/**
 * A request for a few bytes, or from the middle on, does not pull a blob.
 *
 * @returns the size of the blob that is pulled; null if none is, or its size is unknown.
 */
function pulledSize(
  requested: RangeRequest | null,
  { status, length, range }: BlobResponse,
): number | null {
  if (range === null) return status === 200 ? length : null;
  const { first, last, total } = range;
  const isOpenEnded = requested?.kind === "from" && requested.last === null && first === 0;
  return isOpenEnded || 2 * (last - first + 1) >= total ? total : null;
}

async function storeSmallBlob(
  services: Services,
  target: Target,
  digest: Digest,
  upstream: Upstream,
  bytes: Uint8Array,
): Promise<void> {
  if (!(await matchesDigest(bytes, digest))) return;
  services.smallBlobs.set(keyOf(target, digest), bytes);
  await archiveSmallBlob(services, target, digest, [upstream], bytes);
}

/** @param senders the upstreams of which one has sent the blob. */
async function archiveSmallBlob(
  services: Services,
  target: Target,
  digest: Digest,
  senders: readonly Upstream[],
  bytes: Uint8Array,
): Promise<void> {
  const archive = services.archiveOf(target.registry);
  const size = bytes.byteLength;
  if (archive === null || size > archive.maxBytes) return;
  for (const upstream of senders) {
    if (!(await isArchivable(services, target, upstream, digest))) return;
  }
  await archive.write(digest, new Blob([bytes]).stream(), size);
}

async function measureBlob(
  { negative }: Services,
  target: Target,
  digest: Digest,
): Promise<number> {
  const request = { name: target.name, digest };
  const size = await negative.guard(`HEAD ${keyOf(target, digest)}`, "limits", () =>
    askInOrder(target, (upstream) => getBlobSize(upstream, request)),
  );
  return size.value;
}

/**
 * Applies a range to a stored blob (RFC 9110, section 14.2). Several ranges are answered with the
 * whole blob, which is allowed.
 *
 * @throws RegistryError RANGE_INVALID 416.
 */
function selectPart(total: number, range: RangeRequest | null): BlobPart {
  if (range === null || range.kind === "several") {
    return { status: 200, first: 0, length: total, contentRange: null };
  }
  const selected = selectRange(range, total);
  if (selected === null) {
    throw new RegistryError("RANGE_INVALID", `the blob has ${total} bytes, none in that range`, {
      headers: { "content-range": `bytes */${total}` },
    });
  }
  const { first, last } = selected;
  const contentRange = contentRangeHeader({ first, last, total });
  return { status: 206, first, length: last - first + 1, contentRange };
}

function keyOf({ partition, name }: Target, digest: Digest): string {
  return blobKey(partition, name, digest);
}
