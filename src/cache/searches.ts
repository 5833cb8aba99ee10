import type { Platform } from "../platform/platform.ts";
import { parseJsonObject } from "../protocol/json.ts";
import { type Entry, jsonEntry, type Store } from "./store.ts";

/** The results of a search and its time. */
export interface FoundImages<T> {
  readonly results: readonly T[];
  /** Milliseconds since 1970. */
  readonly foundAt: number;
}

export interface SearchCache<T> {
  /** @returns the last results, however old, or null. */
  read(key: string): Promise<FoundImages<T> | null>;
  isFresh(found: FoundImages<T>): boolean;
  write(key: string, results: readonly T[]): FoundImages<T>;
}

export interface SearchCacheOptions {
  readonly platform: Pick<Platform, "now" | "waitUntil">;
  /** The edge cache only: a search is not worth a write to KV. */
  readonly edge: Store;
}

const FRESH_SECONDS = 60 * 60;
/** How long old results may answer while the index fails. */
const STALE_SECONDS = 24 * 60 * 60;

export function createSearchCache<T>({ platform, edge }: SearchCacheOptions): SearchCache<T> {
  const { now, waitUntil } = platform;
  return {
    async read(key) {
      const entry = await edge.read(key);
      return entry === null ? null : parseRecord<T>(entry);
    },
    isFresh: ({ foundAt }) => now() - foundAt < FRESH_SECONDS * 1000,
    write(key, results) {
      const found = { results, foundAt: now() };
      waitUntil(edge.write(key, jsonEntry(found), STALE_SECONDS));
      return found;
    },
  };
}

function parseRecord<T>({ bytes }: Entry): FoundImages<T> | null {
  const { results, foundAt } = parseJsonObject(bytes) ?? {};
  return Array.isArray(results) && typeof foundAt === "number" ? { results, foundAt } : null;
}
