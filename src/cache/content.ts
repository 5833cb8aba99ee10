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
  readonly near: Store;
  /** The one that lasts. */
  readonly far: Store;
  readonly later: (work: Promise<unknown>) => void;
  readonly now: () => number;
  readonly lifeSeconds: number;
}

/** For the key and the objects around the bytes. */
const OVERHEAD_BYTES = 512;
/** When the store that lasts did not take it. */
const RETRY_MS = 60 * 60 * 1000;

/** What one entry costs in memory, in bytes. */
export function weighEntry(entry: Entry): number {
  return entry.bytes.byteLength + OVERHEAD_BYTES;
}

export function createContentCache(deps: ContentDeps): ContentCache {
  const { memory, near, far, later, now, lifeSeconds } = deps;
  function bringNear(key: string, entry: Entry): Promise<boolean> {
    memory.set(key, entry);
    return near.write(key, entry, lifeSeconds);
  }
  function keep(key: string, { bytes, mediaType }: Entry): void {
    const entry = { bytes, mediaType, dueAt: now() + (lifeSeconds * 1000) / 2 };
    const refused = () => bringNear(key, { bytes, mediaType, dueAt: now() + RETRY_MS });
    later(bringNear(key, entry));
    later(far.write(key, entry, lifeSeconds).then((isTaken) => isTaken || refused()));
  }
  /** What is used is kept anew before the store forgets it. */
  function used(key: string, entry: Entry): Entry {
    if (now() >= (entry.dueAt ?? 0)) keep(key, entry);
    return entry;
  }
  return {
    peek(key) {
      const known = memory.get(key);
      return known === undefined ? null : used(key, known);
    },
    async read(key, digest) {
      const known = memory.get(key);
      if (known !== undefined) return used(key, known);
      for (const store of [near, far]) {
        const entry = await store.read(key);
        if (entry === null || !(await matchesDigest(entry.bytes, digest))) continue;
        if (store === near) memory.set(key, entry);
        else later(bringNear(key, entry));
        return used(key, entry);
      }
      return null;
    },
    write: keep,
  };
}
