import type { Memory } from "../platform/memory.ts";
import type { Platform } from "../platform/platform.ts";
import { type Descriptor, descriptorOf } from "../protocol/descriptor.ts";
import { parseDigest } from "../protocol/digest.ts";
import { parseJsonObject } from "../protocol/json.ts";
import { type Entry, jsonEntry, type Store } from "./store.ts";
import { type Absences, createTieredCache } from "./tiers.ts";

/** The manifest of a tag at its last check. Times are in milliseconds since 1970. */
export interface TagRecord extends Descriptor {
  readonly checkedAt: number;
  /** The real last check may be later than `checkedAt` by so many milliseconds. */
  readonly slackMs: number;
  /** When the record was last written to KV, or earlier if KV refused it; 0 if it was not. */
  readonly persistedAt: number;
  /** Whether another upstream than the registry's first has answered. */
  readonly isFallback: boolean;
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
   * Records a successful check. The first one is written to KV only by `persist`.
   *
   * @param known the record before the check.
   */
  write(
    key: string,
    descriptor: Descriptor,
    known: TagRecord | null,
    isFallback?: boolean,
  ): TagRecord;
  /**
   * Writes the record to KV, unless it was written recently: the tag is really pulled.
   *
   * @param isNew whether KV has no record.
   */
  persist(key: string, record: TagRecord, isNew: boolean): void;
  remove(key: string): void;
}

export interface TagOptions {
  readonly platform: Pick<Platform, "now" | "waitUntil">;
  readonly tags: Memory<TagRecord>;
  /** The keys in KV, by their common part: those of one tag differ in the accepted types only. */
  readonly persistedTags: Memory<readonly string[]>;
  readonly edge: Store;
  readonly kv: Store;
  readonly absences: Absences;
  readonly freshSeconds: number;
  readonly staleSeconds: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Writes to KV are scarce: an unchanged record is written again only after this time. */
const MIN_REWRITE_MS = DAY_MS;
const MAX_REWRITE_MS = 7 * DAY_MS;
/** After KV refused a record, so that not every use of a tag tries again. */
const RETRY_MS = 60_000;
/** Clients send two or three sets of accepted types. More could use up the writes of a day. */
const MAX_KEYS_PER_TAG = 3;

/**
 * The freshness rule of tags: a record answers for `freshSeconds` after its check, and for
 * `staleSeconds` while the upstream fails.
 */
export function createTagCache(options: TagOptions): TagCache {
  const { platform, tags: memory, persistedTags, freshSeconds, staleSeconds } = options;
  const { now, waitUntil } = platform;
  const rewriteMs = rewriteInterval(staleSeconds);
  // It at most doubles `staleSeconds`, and leaves 0 at 0.
  const kvSlackMs = Math.min(rewriteMs, staleSeconds * 1000);
  const lifeMs = Math.max(freshSeconds, staleSeconds) * 1000;
  const isNewer = (a: TagRecord, b: TagRecord) => a.checkedAt > b.checkedAt;
  const isFresh = (record: TagRecord) => now() - record.checkedAt < freshSeconds * 1000;
  const isPersisted = ({ persistedAt }: TagRecord) => now() - persistedAt < rewriteMs;
  const tiers = createTieredCache<TagRecord>({
    ...{ ...options, memory, waitUntil, isNewer },
    encode: jsonEntry,
    decode: parseRecord,
    lifeSeconds: ({ checkedAt, slackMs }) => (checkedAt + slackMs + lifeMs - now()) / 1000,
  });

  /** @returns whether KV may have this key: it has a few for each tag, as far as is known here. */
  function reserveKv(key: string): boolean {
    const tag = key.slice(0, key.lastIndexOf("/"));
    const keys = persistedTags.get(tag) ?? [];
    if (keys.includes(key)) return true;
    if (keys.length >= MAX_KEYS_PER_TAG) return false;
    persistedTags.set(tag, [...keys, key]);
    return true;
  }

  /** Writes to KV, unless another data centre has done so. @returns `persistedAt`. */
  async function writeKv(key: string, record: TagRecord, isNew: boolean): Promise<number> {
    const stored = isNew ? null : await tiers.readKv(key);
    if (stored?.digest === record.digest && isPersisted(stored)) return stored.persistedAt;
    // Checks until the next write are not recorded in KV.
    const isStored = await tiers.writeKv(key, { ...record, slackMs: kvSlackMs });
    return isStored ? record.persistedAt : now() - rewriteMs + RETRY_MS;
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
    write(key, descriptor, known, isFallback = false) {
      const isSame = known?.digest === descriptor.digest && isPersisted(known);
      const persistedAt = isSame ? known.persistedAt : 0;
      const checked = { checkedAt: now(), slackMs: 0, persistedAt, isFallback };
      const record = { ...descriptorOf(descriptor), ...checked };
      tiers.writeNear(key, record);
      return record;
    },
    persist(key, record, isNew) {
      if (isPersisted(record) || !reserveKv(key)) return;
      const persisted = { ...record, persistedAt: now() };
      memory.set(key, persisted);
      const writing = writeKv(key, persisted, isNew).then((persistedAt) => {
        if (memory.get(key) === persisted) tiers.writeNear(key, { ...persisted, persistedAt });
      });
      waitUntil(writing);
    },
    remove: tiers.remove,
  };
}

function rewriteInterval(staleSeconds: number): number {
  return Math.min(Math.max((staleSeconds * 1000) / 2, MIN_REWRITE_MS), MAX_REWRITE_MS);
}

function parseRecord({ bytes }: Entry): TagRecord | null {
  const record = (parseJsonObject(bytes) ?? {}) as unknown as TagRecord;
  const { digest, mediaType, size, checkedAt, slackMs, persistedAt } = record;
  const isRecord =
    typeof digest === "string" &&
    typeof mediaType === "string" &&
    parseDigest(digest) !== null &&
    [size, checkedAt, slackMs, persistedAt].every(Number.isFinite);
  return isRecord ? record : null;
}
