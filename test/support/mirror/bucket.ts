import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";

/** Where miniflare keeps what its buckets have: a database for each, and one of its own. */
const BUCKETS = "v3/r2/miniflare-R2BucketObject";
const POLL_MS = 20;
const GIVE_UP_MS = 60_000;

/** @returns the keys of what a mirror that persists to this directory has in its bucket, and sizes. */
export async function bucketOf(persistTo: string): Promise<Map<string, number>> {
  const directory = join(persistTo, BUCKETS);
  const files = (await readdir(directory).catch(() => [])).filter(
    (file) => file.endsWith(".sqlite") && file !== "metadata.sqlite",
  );
  const rows = files.flatMap((file) => {
    const database = new DatabaseSync(join(directory, file), { readOnly: true });
    try {
      return database.prepare("SELECT key, size FROM _mf_objects").all();
    } catch {
      // It is about to be made.
      return [];
    } finally {
      database.close();
    }
  });
  return new Map(rows.map(({ key, size }) => [String(key), Number(size)]));
}

/**
 * Waits until these blobs are in the bucket, which nothing tells: they are kept beside the answers.
 * Rejects when they do not come.
 */
export async function untilBlobsKept(persistTo: string, digests: Iterable<string>): Promise<void> {
  const since = Date.now();
  const missing = new Set(digests);
  for (;;) {
    for (const key of (await bucketOf(persistTo)).keys()) {
      if (key.startsWith("blobs/")) missing.delete(key.slice(key.lastIndexOf("/") + 1));
    }
    if (missing.size === 0) return;
    if (Date.now() - since > GIVE_UP_MS) {
      throw new Error(`The bucket never came to hold ${[...missing].join(", ")}.`);
    }
    await pause(POLL_MS);
  }
}
