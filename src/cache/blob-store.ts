import type { Digest } from "../protocol/digest.ts";
import { BLOBS, dated, dateOf, NOTES } from "./blob-layout.ts";
import type { Deadline } from "./deadline.ts";
import type { Memory } from "./memory.ts";
import type { ReportFailure } from "./store.ts";

/** Whole blobs in R2, each once for a registry. Only what anybody may pull is given to it. */
export interface BlobStore {
  /** @returns the size in bytes of a blob that is kept, else null. */
  size(digest: Digest): Promise<number | null>;
  /**
   * @param part first byte and number of bytes; null for the whole.
   * @returns the blob, or the part of it; null if it is not kept.
   */
  read(digest: Digest, part: BlobSpan | null): Promise<KeptBlob | null>;
  /**
   * Keeps a blob, all of it or nothing: the store itself compares the bytes with the digest.
   *
   * @param size of the body, in bytes.
   */
  write(digest: Digest, body: ReadableStream<Uint8Array>, size: number): Promise<void>;
  /** Notes that a blob was pulled. @returns false if it is not kept. */
  touch(digest: Digest): Promise<boolean>;
}

export interface BlobSpan {
  readonly first: number;
  /** Bytes. */
  readonly length: number;
}

export interface KeptBlob {
  /** Of the whole blob, in bytes. */
  readonly size: number;
  readonly body: ReadableStream<Uint8Array>;
}

export interface BlobStoreDeps {
  readonly bucket: R2Bucket;
  readonly registry: string;
  readonly now: () => number;
  readonly deadline: Deadline;
  readonly report: ReportFailure;
  /** How long a blob is kept that nobody pulls. */
  readonly keepMs: number;
  /** When a blob was last pulled, as this isolate knows it, by key: milliseconds since 1970. */
  readonly touched: Memory<number>;
}

/** Of its note: writes to R2 are counted. */
const TOUCHES_IN_LIFE = 4;

/** @returns a store that never fails: what cannot be read is not there, and the log tells. */
export function createBlobStore(deps: BlobStoreDeps): BlobStore {
  const { bucket, registry, now, deadline, report, keepMs, touched } = deps;
  const blobKey = (digest: Digest) => `${BLOBS}${registry}/${digest}`;
  const noteKey = (digest: Digest) => `${NOTES}${registry}/${digest}`;
  async function attempt<T>(operation: string, fallback: T, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      report("blob store", operation, cause);
      return fallback;
    }
  }
  return {
    size: (digest) =>
      attempt(
        "read",
        null,
        async () => (await deadline(bucket.head(blobKey(digest))))?.size ?? null,
      ),
    read: (digest, part) =>
      attempt("read", null, async () => {
        const range = part && { range: { offset: part.first, length: part.length } };
        const found = await deadline(bucket.get(blobKey(digest), range ?? {}));
        return found && { size: found.size, body: found.body };
      }),
    write: (digest, body, size) =>
      attempt("write", undefined, async () => {
        const sized = body.pipeThrough(new FixedLengthStream(size));
        const [algorithm, hash] = digest.split(":") as ["sha256" | "sha384" | "sha512", string];
        try {
          await bucket.put(blobKey(digest), sized, { [algorithm]: hash, ...dated(now()) });
          touched.set(blobKey(digest), now());
        } finally {
          // A download that nobody reads any more would go on holding its connection.
          await sized.cancel().catch(() => {});
        }
      }),
    touch: (digest) =>
      attempt("note", true, async () => {
        const isDue = (at: number) => now() - at > keepMs / TOUCHES_IN_LIFE;
        const key = blobKey(digest);
        if (!isDue(touched.get(key) ?? 0)) return true;
        const blob = await bucket.head(key);
        if (blob === null) return false;
        const note = isDue(dateOf(blob)) ? await bucket.head(noteKey(digest)) : null;
        const usedAt = Math.max(dateOf(blob), note === null ? 0 : dateOf(note));
        if (isDue(usedAt)) await bucket.put(noteKey(digest), "", dated(now()));
        touched.set(key, isDue(usedAt) ? now() : usedAt);
        return true;
      }),
  };
}
