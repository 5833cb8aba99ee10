import { BLOBS, dateOf, NOTES } from "./blob-layout.ts";

export interface SweepDeps {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long a blob is kept that nobody pulls. */
  readonly keepMs: number;
}

/** Up to 1,000 objects each, as R2 lists them. */
const MAX_LISTED_PAGES = 100;
/** As many as R2 deletes at once. */
const MAX_DELETED = 1_000;

/**
 * Deletes what nobody has pulled for `keepMs`, of every registry.
 *
 * @returns how many blobs it deleted.
 * @throws Error if there are more notes than it can read: what they say must not be overlooked.
 */
export async function sweepBlobs(bucket: R2Bucket, { now, keepMs }: SweepDeps): Promise<number> {
  const isOld = (at: number) => now() - at > keepMs;
  const notes = await readNotes(bucket);
  let deleted = 0;
  for await (const { objects } of list(bucket, BLOBS)) {
    const old: string[] = [];
    for (const blob of objects) {
      const name = blob.key.slice(BLOBS.length);
      if (isOld(Math.max(dateOf(blob), notes.get(name) ?? 0))) old.push(name);
      else notes.delete(name);
    }
    await deleteAll(bucket, BLOBS, old);
    deleted += old.length;
  }
  // Those of the blobs that were deleted now, or once.
  await deleteAll(
    bucket,
    NOTES,
    [...notes].flatMap(([name, at]) => (isOld(at) ? [name] : [])),
  );
  return deleted;
}

/** @returns when each blob that has a note was last pulled, by registry and digest. */
async function readNotes(bucket: R2Bucket): Promise<Map<string, number>> {
  const notes = new Map<string, number>();
  let isComplete = false;
  for await (const { objects, truncated } of list(bucket, NOTES)) {
    for (const note of objects) notes.set(note.key.slice(NOTES.length), dateOf(note));
    isComplete = !truncated;
  }
  if (!isComplete) throw new Error("there are more notes in BLOBS than can be read");
  return notes;
}

async function* list(bucket: R2Bucket, prefix: string): AsyncGenerator<R2Objects> {
  let cursor: string | undefined;
  for (let pages = 0; pages < MAX_LISTED_PAGES; pages++) {
    const page = await bucket.list({
      prefix,
      include: ["customMetadata"],
      ...(cursor && { cursor }),
    });
    yield page;
    if (!page.truncated) return;
    cursor = page.cursor;
  }
}

async function deleteAll(bucket: R2Bucket, prefix: string, names: readonly string[]) {
  for (let from = 0; from < names.length; from += MAX_DELETED) {
    await bucket.delete(names.slice(from, from + MAX_DELETED).map((name) => prefix + name));
  }
}
