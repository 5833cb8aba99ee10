import type { Memory } from "../platform/memory.ts";
import type { Platform } from "../platform/platform.ts";
import { withLength } from "../platform/sized-stream.ts";
import type { Digest } from "../protocol/digest.ts";
import { createAttempt, type ReportFailure, type StoreTimeout } from "./store.ts";

/**
 * The public blobs of one registry: in R2 with the binding `BLOBS`, else in the edge cache. Reads
 * never fail: a blob that cannot be read is absent, and the log reports it.
 */
export interface BlobArchive {
  /** Larger blobs are not stored. */
  readonly maxBytes: number;
  /** @returns the size in bytes, or null. */
  size(digest: Digest): Promise<number | null>;
  /**
   * @param span null for the whole blob.
   * @returns the blob or its part, or null.
   */
  read(digest: Digest, span: BlobSpan | null): Promise<ArchivedBlob | null>;
  /**
   * Stores a blob completely or not at all.
   *
   * @param size of the body, in bytes.
   * @param signal cancels the operation.
   * @throws Error if the blob could not be stored.
   */
  write(
    digest: Digest,
    body: ReadableStream<Uint8Array>,
    size: number,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Records the pull of a blob, so that it stays. @returns false if it is not known to be stored. */
  recordAccess(digest: Digest): Promise<boolean>;
}

export interface BlobSpan {
  /** Position of the first byte. */
  readonly first: number;
  /** Bytes. */
  readonly length: number;
}

export interface ArchivedBlob {
  /** Of the whole blob, in bytes; unknown for a part. */
  readonly size: number;
  readonly body: ReadableStream<Uint8Array>;
}

interface ArchiveOptions {
  /** The registry's host. */
  readonly registry: string;
  readonly maxBytes: number;
  readonly timeout: StoreTimeout;
  readonly report: ReportFailure;
}

export interface R2ArchiveOptions extends ArchiveOptions {
  readonly bucket: R2Bucket;
  readonly now: Platform["now"];
  /** How long a blob stays after its last pull. */
  readonly keepMs: number;
  /** The upload dates known to this isolate, by key: milliseconds since 1970. */
  readonly uploadDates: Memory<number>;
}

/**
 * Blobs in R2, as `blobs/<registry>/<digest>`. R2 verifies the digest of each. A lifecycle rule of
 * the bucket removes a blob one and a half times `keepMs` after its upload. A pull rewrites a blob
 * that is older than half of `keepMs`, so each stays for `keepMs` after its last pull.
 */
export function createR2Archive(options: R2ArchiveOptions): BlobArchive {
  const { bucket, registry, maxBytes, now, timeout, report, keepMs, uploadDates } = options;
  const keyOf = (digest: Digest) => `blobs/${registry}/${digest}`;
  const attempt = createAttempt("R2", report);
  async function write(
    digest: Digest,
    body: ReadableStream<Uint8Array>,
    size: number,
    signal?: AbortSignal,
  ) {
    const { stream } = withLength(body, size, signal);
    const [algorithm, hash] = digest.split(":") as ["sha256" | "sha384" | "sha512", string];
    try {
      await bucket.put(keyOf(digest), stream, { [algorithm]: hash });
      uploadDates.set(keyOf(digest), now());
    } finally {
      // Otherwise a download without a reader would keep its connection.
      await stream.cancel().catch(() => {});
    }
  }
  function noteUpload<T extends R2Object>(found: T | null): T | null {
    const key = found?.key ?? "";
    if (found && uploadDates.get(key) === undefined) uploadDates.set(key, found.uploaded.getTime());
    return found;
  }
  return {
    maxBytes,
    size: (digest) =>
      attempt("blob read", null, async () => {
        const found = noteUpload(await timeout(bucket.head(keyOf(digest))));
        return found?.size ?? null;
      }),
    read: (digest, span) =>
      attempt("blob read", null, async () => {
        const range = span && { range: { offset: span.first, length: span.length } };
        const found = noteUpload(await timeout(bucket.get(keyOf(digest), range ?? {})));
        return found && { size: found.size, body: found.body };
      }),
    write,
    recordAccess: (digest) =>
      attempt("blob rewrite", true, async () => {
        const key = keyOf(digest);
        const uploadedAt = uploadDates.get(key);
        if (uploadedAt === undefined) return false;
        if (now() - uploadedAt <= keepMs / 2) return true;
        // Concurrent pulls, of parts of one layer, leave the work to this one.
        uploadDates.set(key, now());
        try {
          const blob = await bucket.get(key);
          if (blob !== null) await write(digest, blob.body, blob.size);
          return blob !== null;
        } catch (error) {
          uploadDates.set(key, uploadedAt);
          throw error;
        }
      }),
  };
}

export interface EdgeArchiveOptions extends ArchiveOptions {
  readonly openCache: Platform["openCache"];
  /** A host of the mirror. */
  readonly host: string;
}

/** Old content leaves the edge cache even if it is in use, which limits what a wrong copy can do. */
const EDGE_LIFE_SECONDS = 7 * 24 * 60 * 60;
/** The limit of the Cache API for one object. */
const MAX_EDGE_BYTES = 512 * 1000 * 1000;

/**
 * Blobs in the edge cache of one data centre. The platform stores an object with a length completely
 * or not at all, but a local workerd may store a truncated one, and only after `put` has failed. So
 * each download has a URL of its own, and a second entry names the one that is complete. Digests are
 * verified by the clients.
 */
export function createEdgeArchive(options: EdgeArchiveOptions): BlobArchive {
  const { openCache, host, registry, timeout, report } = options;
  const urlOf = (digest: Digest, copy: string) =>
    `https://${host}/v2/blobs/${copy}/${registry}/${digest}`;
  const copyUrlOf = (digest: Digest) => `https://${host}/v2/copies/${registry}/${digest}`;
  const attempt = createAttempt("edge cache", report);
  async function match(digest: Digest, range: string | null): Promise<Response | undefined> {
    const cache = await timeout(openCache());
    const named = await timeout(cache.match(copyUrlOf(digest)));
    if (named === undefined) return undefined;
    const url = urlOf(digest, await timeout(named.text()));
    const headers = range === null ? {} : { range };
    return timeout(cache.match(new Request(url, { headers })));
  }
  return {
    maxBytes: Math.min(options.maxBytes, MAX_EDGE_BYTES),
    size: (digest) =>
      attempt("blob read", null, async () => {
        const found = await match(digest, null);
        await found?.body?.cancel();
        return found ? lengthOf(found) : null;
      }),
    read: (digest, span) =>
      attempt("blob read", null, async () => {
        const range = span && `bytes=${span.first}-${span.first + span.length - 1}`;
        const found = await match(digest, range);
        if (!found?.body) return null;
        const size = lengthOf(found);
        if (size && size === (span?.length ?? size)) return { size, body: found.body };
        await found.body.cancel();
        return null;
      }),
    async write(digest, body, size, signal) {
      const cache = await openCache();
      const copy = crypto.randomUUID();
      const cacheControl = {
        "cache-control": `public, max-age=${EDGE_LIFE_SECONDS}, no-transform`,
      };
      const headers = {
        "content-length": String(size),
        "content-type": "application/octet-stream",
        ...cacheControl,
      };
      const { stream, done } = withLength(body, size, signal);
      // A body that ends early need not end `put`.
      await Promise.all([cache.put(urlOf(digest, copy), new Response(stream, { headers })), done]);
      await cache.put(copyUrlOf(digest), new Response(copy, { headers: cacheControl }));
    },
    recordAccess: async () => true,
  };
}

/** @returns bytes; null for a response that has lost the length with which it was stored. */
function lengthOf({ headers }: Response): number | null {
  return Number(headers.get("content-length")) || null;
}
