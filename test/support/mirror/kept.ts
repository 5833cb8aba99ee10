import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";

/** Where miniflare keeps the values of each store, one file each. */
const STORES = { kv: "v3/kv/CACHE/blobs", edge: "v3/cache/named_sampan/blobs" } as const;
/** Where miniflare keeps the contents of its buckets: a database each, and one of its own. */
const BUCKETS = "v3/r2/miniflare-R2BucketObject";
const POLL_MS = 20;
const GIVE_UP_MS = 60_000;

/**
 * Waits until a mirror that persists to this directory has so many values in a store. It writes
 * them after it has answered, and nothing reports when. Rejects after a minute.
 */
export function untilKept(
  persistTo: string,
  store: keyof typeof STORES,
  values: number,
): Promise<void> {
  const condition = () => `${values} values in the ${store} store`;
  return until(condition, async () => (await countKept(persistTo, store)) >= values);
}

/** @returns how many values a mirror that persists to this directory has in a store. */
export async function countKept(persistTo: string, store: keyof typeof STORES): Promise<number> {
  const files = await readdir(join(persistTo, STORES[store])).catch(() => []);
  return files.length;
}

/** Waits until these blobs are in the mirror's bucket. Rejects after a minute. */
export function untilBlobsKept(persistTo: string, digests: Iterable<string>): Promise<void> {
  let missing = [...digests];
  const condition = () => `${missing.join(", ")} in the bucket`;
  return until(condition, async () => {
    const kept = await blobsKept(persistTo);
    missing = missing.filter((digest) => !kept.includes(digest));
    return missing.length === 0;
  });
}

/** @returns the digests of the blobs in the mirror's bucket. */
export async function blobsKept(persistTo: string): Promise<string[]> {
  const directory = join(persistTo, BUCKETS);
  const files = (await readdir(directory).catch(() => [])).filter(
    (file) => file.endsWith(".sqlite") && file !== "metadata.sqlite",
  );
  const keys = files.flatMap((file) => {
    const database = new DatabaseSync(join(directory, file), { readOnly: true });
    try {
      return database.prepare("SELECT key FROM _mf_objects").all();
    } catch {
      // The table is about to be created.
      return [];
    } finally {
      database.close();
    }
  });
  return keys
    .map(({ key }) => String(key))
    .filter((key) => key.startsWith("blobs/"))
    .map((key) => key.slice(key.lastIndexOf("/") + 1));
}

async function until(condition: () => string, isMet: () => Promise<boolean>): Promise<void> {
  const since = Date.now();
  while (!(await isMet())) {
    if (Date.now() - since > GIVE_UP_MS) throw new Error(`Not within a minute: ${condition()}.`);
    await pause(POLL_MS);
  }
}
