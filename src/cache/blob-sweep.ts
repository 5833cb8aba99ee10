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
 * Deletes what nobody has pulled for `keepMs`, of every registry. The notes are read last, so that
 * what is pulled meanwhile stays.
 *
 * @returns how many blobs it deleted.
 * @throws Error if there are more notes than it can read: what they say must not be overlooked.
 */
export async function sweepBlobs(bucket: R2Bucket, { now, keepMs }: SweepDeps): Promise<number> {
  const isOld = (object: R2Object) => now() - dateOf(object) > keepMs;
  const oldBlobs = new Set<string>();
  for await (const { objects } of list(bucket, BLOBS)) {
    for (const { key } of objects.filter(isOld)) oldBlobs.add(key.slice(BLOBS.length));
  }
  const oldNotes: string[] = [];
  for (const note of await readNotes(bucket)) {
    const name = note.key.slice(NOTES.length);
    if (isOld(note)) oldNotes.push(name);
    else oldBlobs.delete(name);
  }
  await deleteAll(bucket, BLOBS, [...oldBlobs]);
  // Those of blobs that are gone, now or once; a blob that is younger than its note needs none.
  await deleteAll(bucket, NOTES, oldNotes);
  return oldBlobs.size;
}

async function readNotes(bucket: R2Bucket): Promise<R2Object[]> {
  const notes: R2Object[] = [];
  let isComplete = false;
  for await (const { objects, truncated } of list(bucket, NOTES)) {
    notes.push(...objects);
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
