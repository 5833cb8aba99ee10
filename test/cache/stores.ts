import type { Entry, Store, StoreTimeout } from "../../src/cache/store.ts";

/** A store in memory that records its calls. */
export interface FakeStore extends Store {
  readonly entries: Map<string, Entry>;
  /** For example `write k 60`. */
  readonly calls: string[];
  /** @returns the calls of `write`. */
  writes(): string[];
  /** Whether it stores nothing. */
  isRefusing: boolean;
}

export function createFakeStore(): FakeStore {
  const entries = new Map<string, Entry>();
  const calls: string[] = [];
  const store: FakeStore = {
    entries,
    calls,
    isRefusing: false,
    writes: () => calls.filter((call) => call.startsWith("write")),
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
    async remove(key) {
      calls.push(`remove ${key}`);
      entries.delete(key);
    },
  };
  return store;
}

/** A timeout that never expires. */
export const noTimeout: StoreTimeout = (work) => work;

/** A timeout that has always expired. */
export const expiredTimeout: StoreTimeout = () =>
  Promise.reject(new Error("no answer within 2000 ms"));

/** Collects what a store reports to the log. */
export function createReports() {
  const reports: string[] = [];
  const report = (store: string, operation: string, cause: unknown) =>
    void reports.push(`${store} ${operation}: ${cause}`);
  return { reports, report };
}

/** @returns text as an entry. */
export function entryOf(text: string, mediaType = "text/plain"): Entry {
  return { bytes: new TextEncoder().encode(text), mediaType };
}

/** @returns the bytes of an entry as text. */
export function textOf(entry: Entry | null | undefined): string | null {
  return entry ? new TextDecoder().decode(entry.bytes) : null;
}
