import { type Digest, matchesDigest } from "../protocol/digest.ts";
import type { Memory } from "./memory.ts";
import type { Entry, Store } from "./store.ts";

/** Content that its digest names, and so never changes: manifests and small blobs. */
export interface ContentCache {
  /** @returns what this isolate has, or null. */
  peek(key: string): Entry | null;
  /** @returns an entry whose bytes have the digest, or null. */
  read(key: string, digest: Digest): Promise<Entry | null>;
  /** @param entry verified by the caller. */
  write(key: string, entry: Entry): void;
}

export interface ContentDeps {
  readonly memory: Memory<Entry>;
  /** In the order in which they are asked. What is found in one is kept in those before it. */
  readonly stores: readonly Store[];
  readonly later: (work: Promise<unknown>) => void;
  readonly lifeSeconds: number;
}

/** For the key and the objects around the bytes. */
const OVERHEAD_BYTES = 512;

/** What one entry costs in memory, in bytes. */
export function weighEntry(entry: Entry): number {
  return entry.bytes.byteLength + OVERHEAD_BYTES;
}

export function createContentCache(deps: ContentDeps): ContentCache {
  const { memory, stores, later, lifeSeconds } = deps;
  function keep(key: string, entry: Entry, into: readonly Store[]): void {
    memory.set(key, entry);
    for (const store of into) later(store.write(key, entry, lifeSeconds));
  }
  return {
    peek: (key) => memory.get(key) ?? null,
    async read(key, digest) {
      const known = memory.get(key);
      if (known !== undefined) return known;
      for (const [index, store] of stores.entries()) {
        const entry = await store.read(key);
        if (entry === null || !(await matchesDigest(entry.bytes, digest))) continue;
        keep(key, entry, stores.slice(0, index));
        return entry;
      }
      return null;
    },
    write: (key, entry) => keep(key, entry, stores),
  };
}
