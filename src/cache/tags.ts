import type { Memory } from "../platform/memory.ts";
import type { Platform } from "../platform/platform.ts";
import { type Descriptor, descriptorOf } from "../protocol/descriptor.ts";
import { parseDigest } from "../protocol/digest.ts";
import { parseJsonObject } from "../protocol/json.ts";
import { type Entry, jsonEntry, type Store } from "./store.ts";
import { createTieredCache } from "./tiers.ts";

/** The manifest of a tag at its last check. Times are in milliseconds since 1970. */
export interface TagRecord extends Descriptor {
  readonly checkedAt: number;
  /** The real last check may be later than `checkedAt` by so many milliseconds. */
  readonly slackMs: number;
  /** When the record was last written to KV; 0 if KV refused it. */
  readonly persistedAt: number;
}

export interface TagCache {
  /** @returns the record in memory, however old, or null. */
  peek(key: string): TagRecord | null;
  /** @returns the newest record near by, or else the one in KV, however old, or null. */
  read(key: string): Promise<TagRecord | null>;
  /**
   * Another data centre may have checked a tag later.
   *
   * @returns the newer one of `known` and the record in KV.
   */
  latest(key: string, known: TagRecord): Promise<TagRecord>;
  /** Whether the record answers without a check. */
  isFresh(record: TagRecord): boolean;
  /** Whether the record answers when the upstream fails. */
  isUsableWhenStale(record: TagRecord): boolean;
  /**
   * Records a successful check.
   *
   * @param known the record before the check.
   */
  write(key: string, descriptor: Descriptor, known: TagRecord | null): TagRecord;
  remove(key: string): void;
}

export interface TagOptions {
  readonly platform: Pick<Platform, "now" | "waitUntil">;
  readonly memory: Memory<TagRecord>;
  readonly edge: Store;
  readonly kv: Store;
  readonly freshSeconds: number;
  readonly staleSeconds: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Writes to KV are scarce: an unchanged record is written again only after this time. */
const MIN_REWRITE_MS = DAY_MS;
const MAX_REWRITE_MS = 7 * DAY_MS;

/**
 * The freshness rule of tags: a record answers for `freshSeconds` after its check, and for
 * `staleSeconds` while the upstream fails.
 */
export function createTagCache(options: TagOptions): TagCache {
  const { platform, memory, edge, kv, freshSeconds, staleSeconds } = options;
  const { now, waitUntil } = platform;
  const rewriteMs = rewriteInterval(staleSeconds);
  // It at most doubles `staleSeconds`, and leaves 0 at 0.
  const kvSlackMs = Math.min(rewriteMs, staleSeconds * 1000);
  const lifeMs = Math.max(freshSeconds, staleSeconds) * 1000;
  const isNewer = (a: TagRecord, b: TagRecord) => a.checkedAt > b.checkedAt;
  const isFresh = (record: TagRecord) => now() - record.checkedAt < freshSeconds * 1000;
  const isPersisted = (record: TagRecord | null, { digest }: Descriptor): record is TagRecord =>
    record?.digest === digest && now() - record.persistedAt < rewriteMs;
  const tiers = createTieredCache<TagRecord>({
    ...{ memory, edge, kv, waitUntil, isNewer },
    encode: jsonEntry,
    decode: parseRecord,
    lifeSeconds: ({ checkedAt, slackMs }) => (checkedAt + slackMs + lifeMs - now()) / 1000,
  });

  /** Writes to KV, unless another data centre has done so. */
  async function persist(key: string, record: TagRecord): Promise<void> {
    const stored = await tiers.readKv(key);
    const persistedAt = isPersisted(stored, record)
      ? stored.persistedAt
      : // Checks until the next write are not recorded in KV.
        (await tiers.writeKv(key, { ...record, slackMs: kvSlackMs }))
        ? record.persistedAt
        : 0;
    if (persistedAt === record.persistedAt || memory.get(key) !== record) return;
    tiers.writeNear(key, { ...record, persistedAt });
  }

  return {
    isFresh,
    isUsableWhenStale: ({ checkedAt, slackMs }) =>
      now() - checkedAt < staleSeconds * 1000 + slackMs,
    peek: tiers.peek,
    read: (key) => tiers.read(key, isFresh),
    async latest(key, known) {
      const stored = await tiers.readKv(key);
      if (stored === null || !isNewer(stored, known)) return known;
      memory.set(key, stored);
      return stored;
    },
    write(key, descriptor, known) {
      const isKnown = isPersisted(known, descriptor);
      const record = {
        ...descriptorOf(descriptor),
        checkedAt: now(),
        slackMs: 0,
        persistedAt: isKnown ? known.persistedAt : now(),
      };
      tiers.writeNear(key, record);
      if (!isKnown) waitUntil(persist(key, record));
      return record;
    },
    remove: tiers.remove,
  };
}

function rewriteInterval(staleSeconds: number): number {
  return Math.min(Math.max((staleSeconds * 1000) / 2, MIN_REWRITE_MS), MAX_REWRITE_MS);
}

function parseRecord({ bytes }: Entry): TagRecord | null {
  const { digest, mediaType, size, checkedAt, slackMs, persistedAt } = parseJsonObject(bytes) ?? {};
  const parsed = typeof digest === "string" ? parseDigest(digest) : null;
  if (parsed === null || typeof mediaType !== "string" || typeof size !== "number") return null;
  if (typeof checkedAt !== "number" || typeof persistedAt !== "number") return null;
  if (typeof slackMs !== "number") return null;
  return { digest: parsed, mediaType, size, checkedAt, slackMs, persistedAt };
}
