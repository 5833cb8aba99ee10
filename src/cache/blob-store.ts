import type { Digest } from "../protocol/digest.ts";
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
  /** When this isolate last saw to the note of a blob, by key: milliseconds since 1970. */
  readonly touched: Memory<number>;
}

/**
 * A blob has a note beside it, an empty object whose age tells when it was last pulled. A note is
 * renewed a few times in the life of a blob, not on every pull: writes to R2 are counted.
 */
const TOUCHES_IN_LIFE = 4;
const NOTES = "used/";
const BLOBS = "blobs/";
/** Up to 1,000 notes each, as R2 lists them. */
const MAX_SWEPT_PAGES = 100;

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
          // The note comes first: what has none would be kept for ever.
          await bucket.put(noteKey(digest), "");
          await bucket.put(blobKey(digest), sized, { [algorithm]: hash });
          // A sweep under way may have deleted it as that of the blob's predecessor.
          if ((await bucket.head(noteKey(digest))) === null) await bucket.put(noteKey(digest), "");
          touched.set(noteKey(digest), now());
        } finally {
          // A download that nobody reads any more would go on holding its connection.
          await sized.cancel().catch(() => {});
        }
      }),
    touch: (digest) =>
      attempt("note", true, async () => {
        const isDue = (at: number) => now() - at > keepMs / TOUCHES_IN_LIFE;
        if (!isDue(touched.get(noteKey(digest)) ?? 0)) return true;
        if ((await bucket.head(blobKey(digest))) === null) return false;
        const notedAt = (await bucket.head(noteKey(digest)))?.uploaded.getTime() ?? 0;
        if (isDue(notedAt)) await bucket.put(noteKey(digest), "");
        touched.set(noteKey(digest), isDue(notedAt) ? now() : notedAt);
        return true;
      }),
  };
}

/**
 * Deletes what nobody has pulled for `keepMs`, of every registry. Lists the notes alone: a list
 * costs as much as a write, whatever is in it.
 *
 * @returns how many blobs it deleted.
 */
export async function sweepBlobs(
  bucket: R2Bucket,
  { now, keepMs }: Pick<BlobStoreDeps, "now" | "keepMs">,
): Promise<number> {
  let deleted = 0;
  let cursor: string | undefined;
  for (let pages = 0; pages < MAX_SWEPT_PAGES; pages++) {
    const page = await bucket.list({ prefix: NOTES, ...(cursor && { cursor }) });
    const old = page.objects.filter(({ uploaded }) => now() - uploaded.getTime() > keepMs);
    const notes = old.map(({ key }) => key);
    const blobs = notes.map((key) => BLOBS + key.slice(NOTES.length));
    if (old.length > 0) {
      await bucket.delete(blobs);
      await bucket.delete(notes);
    }
    deleted += old.length;
    if (!page.truncated) break;
    cursor = page.cursor;
  }
  return deleted;
}
