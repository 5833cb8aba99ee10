import type { Memory } from "../platform/memory.ts";
import type { Platform } from "../platform/platform.ts";
import type { Digest } from "../protocol/digest.ts";
import type { ReportFailure, StoreTimeout } from "./store.ts";

/**
 * The public blobs of one registry in R2, as `blobs/<registry>/<digest>`. A lifecycle rule of the
 * bucket removes a blob one and a half times `keepMs` after its upload. A pull rewrites a blob that
 * is older than half of `keepMs`, so each stays for `keepMs` after its last pull.
 */
export interface BlobArchive {
  /** @returns the size in bytes, or null. */
  size(digest: Digest): Promise<number | null>;
  /**
   * @param span null for the whole blob.
   * @returns the blob or its part, or null.
   */
  read(digest: Digest, span: BlobSpan | null): Promise<ArchivedBlob | null>;
  /**
   * Stores a blob completely or not at all. R2 verifies its digest.
   *
   * @param size of the body, in bytes.
   */
  write(digest: Digest, body: ReadableStream<Uint8Array>, size: number): Promise<void>;
  /**
   * Records a pull: rewrites the blob if it is old.
   *
   * @returns whether the archive has the blob.
   */
  recordAccess(digest: Digest): Promise<boolean>;
}

export interface BlobSpan {
  /** Position of the first byte. */
  readonly first: number;
  /** Bytes. */
  readonly length: number;
}

export interface ArchivedBlob {
  /** Of the whole blob, in bytes. */
  readonly size: number;
  readonly body: ReadableStream<Uint8Array>;
}

export interface BlobArchiveOptions {
  readonly bucket: R2Bucket;
  /** The registry's host. */
  readonly registry: string;
  readonly now: Platform["now"];
  readonly timeout: StoreTimeout;
  readonly report: ReportFailure;
  /** How long a blob stays after its last pull. */
  readonly keepMs: number;
  /** The upload dates known to this isolate, by key: milliseconds since 1970. */
  readonly uploadDates: Memory<number>;
}

export function createBlobArchive(options: BlobArchiveOptions): BlobArchive {
  const { bucket, registry, now, timeout, report, keepMs, uploadDates } = options;
  const keyOf = (digest: Digest) => `blobs/${registry}/${digest}`;
  const isOld = (uploadedAt: number) => now() - uploadedAt > keepMs / 2;
  async function attempt<T>(operation: string, fallback: T, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      report("blob archive", operation, cause);
      return fallback;
    }
  }
  async function put(digest: Digest, body: ReadableStream<Uint8Array>, size: number) {
    const sized = body.pipeThrough(new FixedLengthStream(size));
    const [algorithm, hash] = digest.split(":") as ["sha256" | "sha384" | "sha512", string];
    try {
      await bucket.put(keyOf(digest), sized, { [algorithm]: hash });
      uploadDates.set(keyOf(digest), now());
    } finally {
      // Otherwise a download without a reader would keep its connection.
      await sized.cancel().catch(() => {});
    }
  }
  /** @returns whether the archive has the blob. */
  async function rewriteIfOld(digest: Digest): Promise<boolean> {
    const key = keyOf(digest);
    const found = await bucket.head(key);
    if (found === null) return false;
    const uploadedAt = found.uploaded.getTime();
    if (!isOld(uploadedAt)) {
      uploadDates.set(key, uploadedAt);
      return true;
    }
    const blob = await bucket.get(key);
    if (blob !== null) await put(digest, blob.body, blob.size);
    return blob !== null;
  }
  return {
    size: (digest) =>
      attempt("read", null, async () => {
        const found = await timeout(bucket.head(keyOf(digest)));
        return found?.size ?? null;
      }),
    read: (digest, span) =>
      attempt("read", null, async () => {
        const range = span && { range: { offset: span.first, length: span.length } };
        const found = await timeout(bucket.get(keyOf(digest), range ?? {}));
        return found && { size: found.size, body: found.body };
      }),
    write: (digest, body, size) => attempt("write", undefined, () => put(digest, body, size)),
    recordAccess: (digest) =>
      attempt("rewrite", true, async () => {
        const key = keyOf(digest);
        const uploadedAt = uploadDates.get(key);
        if (uploadedAt !== undefined && !isOld(uploadedAt)) return true;
        // Concurrent pulls, of parts of one layer, leave the work to this one.
        uploadDates.set(key, now());
        let isArchived = false;
        try {
          isArchived = await rewriteIfOld(digest);
        } finally {
          if (!isArchived) uploadDates.delete(key);
        }
        return isArchived;
      }),
  };
}
