import type { Deadline } from "../../src/cache/deadline.ts";
import type { Entry, Store } from "../../src/cache/store.ts";

/** A store in memory that notes what is done to it. */
export interface FakeStore extends Store {
  readonly entries: Map<string, Entry>;
  /** What was done, e.g. `write k 60`. */
  readonly calls: string[];
  /** Whether it takes nothing. */
  isRefusing: boolean;
}

export function createFakeStore(): FakeStore {
  const entries = new Map<string, Entry>();
  const calls: string[] = [];
  const store: FakeStore = {
    entries,
    calls,
    isRefusing: false,
    async read(key) {
      calls.push(`read ${key}`);
      return entries.get(key) ?? null;
    },
    async write(key, entry, lifeSeconds) {
      calls.push(`write ${key} ${lifeSeconds}`);
      if (store.isRefusing) return false;
      entries.set(key, entry);
      return true;
    },
    async delete(key) {
      calls.push(`delete ${key}`);
      entries.delete(key);
    },
  };
  return store;
}

/** Collects what is to be done later. */
export function createLater() {
  const works: Promise<unknown>[] = [];
  return {
    later: (work: Promise<unknown>) => void works.push(work),
    /** Waits for all of it. */
    settle: () => Promise.all(works),
  };
}

/** A deadline that never passes. */
export const noDeadline: Deadline = (work) => work;

/** A clock that stands still unless `ms` is moved. */
export function createClock(ms: number) {
  const clock = { ms, now: () => clock.ms };
  return clock;
}

/** @returns text as an entry. */
export function entryOf(text: string, mediaType = "text/plain"): Entry {
  return { bytes: new TextEncoder().encode(text), mediaType };
}

/** @returns what an entry holds, as text. */
export function textOf(entry: Entry | null | undefined): string | null {
  return entry ? new TextDecoder().decode(entry.bytes) : null;
}
