import { parseJsonObject } from "../protocol/json.ts";
import { jsonEntry, type Store } from "./store.ts";

/** What was found for a search, and when. */
export interface Found<T> {
  readonly results: readonly T[];
  /** Milliseconds since 1970. */
  readonly foundAt: number;
}

export interface SearchCache<T> {
  /** @returns what was found last, however old, or null. */
  read(key: string): Promise<Found<T> | null>;
  isFresh(found: Found<T>): boolean;
  write(key: string, results: readonly T[]): Found<T>;
}

export interface SearchDeps {
  /** At the edge alone: a search is not worth a write to KV. */
  readonly edge: Store;
  readonly now: () => number;
  readonly later: (work: Promise<unknown>) => void;
}

const FRESH_SECONDS = 60 * 60;
/** How long an old list may stand in when there can be no new one. */
const STALE_SECONDS = 24 * 60 * 60;

export function createSearchCache<T>({ edge, now, later }: SearchDeps): SearchCache<T> {
  return {
    async read(key) {
      const entry = await edge.read(key);
      const { results, foundAt } = (entry && parseJsonObject(entry.bytes)) ?? {};
      return Array.isArray(results) && typeof foundAt === "number" ? { results, foundAt } : null;
    },
    isFresh: ({ foundAt }) => now() - foundAt < FRESH_SECONDS * 1000,
    write(key, results) {
      const found = { results, foundAt: now() };
      later(edge.write(key, jsonEntry(found), STALE_SECONDS));
      return found;
    },
  };
}
