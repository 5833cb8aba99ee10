import type { Memory } from "../platform/memory.ts";
import type { Platform } from "../platform/platform.ts";
import { type Digest, matchesDigest } from "../protocol/digest.ts";
import type { Entry, Store } from "./store.ts";
import { createTieredCache } from "./tiers.ts";

/** Content that never changes, since its digest identifies it: manifests. Keys end in the digest. */
export interface ContentCache {
  /** @returns the entry in memory, or null. */
  peek(key: string): Entry | null;
  /** @returns an entry whose bytes match the digest, or null. */
  read(key: string): Promise<Entry | null>;
  /** @param entry whose digest the caller has verified. */
  write(key: string, entry: Entry): void;
}

export interface ContentOptions {
  readonly platform: Pick<Platform, "now" | "waitUntil">;
  readonly manifests: Memory<Entry>;
  readonly edge: Store;
  readonly kv: Store;
  /** How long the records of tags answer: a manifest in use outlives them. */
  readonly staleSeconds: number;
}

/** For the key and the objects around the bytes. */
const OVERHEAD_BYTES = 512;
/** Entries stay in KV for at least this time; one in use is written again after half of it. */
const MIN_LIFE_SECONDS = 90 * 24 * 60 * 60;
/** After KV refused an entry. */
const RETRY_MS = 60 * 60 * 1000;

/** @returns the memory that bytes take, in bytes. */
export function weighBytes(bytes: Uint8Array): number {
  return bytes.byteLength + OVERHEAD_BYTES;
}

/** @returns the memory that an entry takes, in bytes. */
export function weighEntry({ bytes }: Entry): number {
  return weighBytes(bytes);
}

export function createContentCache(options: ContentOptions): ContentCache {
  const { platform, manifests: memory, edge, kv, staleSeconds } = options;
  const { now, waitUntil } = platform;
  const lifeSeconds = Math.max(MIN_LIFE_SECONDS, 3 * staleSeconds);
  const tiers = createTieredCache<Entry>({
    ...{ memory, edge, kv, waitUntil },
    encode: (entry) => entry,
    decode: async (entry, key) =>
      (await matchesDigest(entry.bytes, digestIn(key))) ? entry : null,
    lifeSeconds: () => lifeSeconds,
  });
  function write(key: string, { bytes, mediaType }: Entry): void {
    const entry = { bytes, mediaType, rewriteAt: now() + (lifeSeconds * 1000) / 2 };
    tiers.writeNear(key, entry);
    waitUntil(
      tiers.writeKv(key, entry).then((isStored) => {
        if (!isStored) tiers.writeNear(key, { ...entry, rewriteAt: now() + RETRY_MS });
      }),
    );
  }
  /** Content in use is written again before KV removes it. */
  function use(key: string, entry: Entry | null): Entry | null {
    if (entry !== null && now() >= (entry.rewriteAt ?? 0)) write(key, entry);
    return entry;
  }
  return {
    peek: (key) => use(key, tiers.peek(key)),
    read: async (key) => use(key, await tiers.read(key)),
    write,
  };
}

function digestIn(key: string): Digest {
  return key.slice(key.lastIndexOf("/") + 1) as Digest;
}
