import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Where miniflare keeps the values of each store, one file for each. */
const STORES = { kv: "v3/kv/CACHE/blobs", edge: "v3/cache/named_sampan/blobs" } as const;
const POLL_MS = 20;
const GIVE_UP_MS = 60_000;

/**
 * Waits until a mirror that persists to this directory keeps so many values in a store. It writes
 * them after it has answered, and nothing tells when. Rejects when they do not come.
 */
export async function untilKept(
  persistTo: string,
  store: keyof typeof STORES,
  values: number,
): Promise<void> {
  const since = Date.now();
  while ((await countFiles(join(persistTo, STORES[store]))) < values) {
    if (Date.now() - since > GIVE_UP_MS) {
      throw new Error(`The ${store} store never came to hold ${values} values.`);
    }
    await pause(POLL_MS);
  }
}

async function countFiles(directory: string): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  return names.length;
}
