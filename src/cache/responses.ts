import type { Platform } from "../platform/platform.ts";
import { parseJsonObject } from "../protocol/json.ts";
import { type Entry, jsonEntry, type Store } from "./store.ts";

/** A response of an upstream and its time. */
export interface CachedResponse<T> {
  readonly value: T;
  /** Milliseconds since 1970. */
  readonly storedAt: number;
}

/** Responses that change: lists of tags and referrers, and searches. */
export interface ResponseCache<T> {
  /** @returns the last response, however old, or null. */
  read(key: string): Promise<CachedResponse<T> | null>;
  isFresh(response: CachedResponse<T>): boolean;
  /** Whether the response may answer while the upstream fails. */
  isUsable(response: CachedResponse<T>): boolean;
  ageMs(response: CachedResponse<T>): number;
  write(key: string, value: T): void;
}

export interface ResponseCacheOptions {
  readonly platform: Pick<Platform, "now" | "waitUntil">;
  /** The edge cache only: a list is not worth a write to KV. */
  readonly edge: Store;
  readonly freshSeconds: number;
  /** How long an old response may answer while the upstream fails. */
  readonly staleSeconds: number;
}

export function createResponseCache<T>(options: ResponseCacheOptions): ResponseCache<T> {
  const { platform, edge, freshSeconds, staleSeconds } = options;
  const { now, waitUntil } = platform;
  const lifeSeconds = Math.max(freshSeconds, staleSeconds);
  return {
    async read(key) {
      const entry = await edge.read(key);
      return entry === null ? null : parseRecord<T>(entry);
    },
    isFresh: ({ storedAt }) => now() - storedAt < freshSeconds * 1000,
    isUsable: ({ storedAt }) => now() - storedAt < staleSeconds * 1000,
    ageMs: ({ storedAt }) => now() - storedAt,
    write(key, value) {
      waitUntil(edge.write(key, jsonEntry({ value, storedAt: now() }), lifeSeconds));
    },
  };
}

/** The edge cache has only what this mirror wrote; the keys of each kind differ. */
function parseRecord<T>({ bytes }: Entry): CachedResponse<T> | null {
  const { value, storedAt } = parseJsonObject(bytes) ?? {};
  return value !== undefined && typeof storedAt === "number"
    ? { value: value as T, storedAt }
    : null;
}
