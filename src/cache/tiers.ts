import type { Memory } from "../platform/memory.ts";
import type { Platform } from "../platform/platform.ts";
import { type Entry, NO_STORE, type Store } from "./store.ts";

/** The tiers of a cache, nearest first, and the form in which they store a value. */
export interface Tiers<T> {
  readonly memory: Memory<T>;
  /** The cache of the data centre. */
  readonly edge?: Store;
  /** The store of all data centres. */
  readonly kv?: Store;
  readonly waitUntil: Platform["waitUntil"];
  encode(value: T): Entry;
  /** @returns null for an invalid entry. */
  decode(entry: Entry, key: string): T | null | Promise<T | null>;
  /** How long the stores keep a value. */
  lifeSeconds(value: T): number;
  /** Whether `a` is the newer value of one key; absent if values never change. */
  isNewer?(a: T, b: T): boolean;
  /** For values that are read ahead. */
  readonly absences?: Absences;
}

/** Keys that no store had a moment ago, so that reading ahead does not read twice. */
export interface Absences {
  has(key: string): boolean;
  add(key: string): void;
  remove(key: string): void;
}

/** KV itself caches the absence of a key for a minute. */
const ABSENCE_MS = 5_000;

/** @param memory when each key was absent: milliseconds since 1970. */
export function createAbsences(memory: Memory<number>, now: Platform["now"]): Absences {
  return {
    has: (key) => now() - (memory.get(key) ?? Number.NEGATIVE_INFINITY) < ABSENCE_MS,
    add: (key) => memory.set(key, now()),
    remove: memory.delete,
  };
}

/** The only lookup path of the mirror: memory, then the edge cache, then KV. */
export interface TieredCache<T> {
  /** @returns the value in memory, or null. */
  peek(key: string): T | null;
  /**
   * Looks in every tier and copies the value to the nearer ones.
   *
   * @param isEnough whether a value in memory ends the search; by default it does.
   * @returns the newest value found, or null.
   */
  read(key: string, isEnough?: (value: T) => boolean): Promise<T | null>;
  /** @returns the value in KV, or null. */
  readKv(key: string): Promise<T | null>;
  /** Writes to memory and the edge cache. */
  writeNear(key: string, value: T): void;
  /** @returns whether KV stored the value. */
  writeKv(key: string, value: T): Promise<boolean>;
  remove(key: string): void;
}

export function createTieredCache<T>(tiers: Tiers<T>): TieredCache<T> {
  const { memory, edge = NO_STORE, kv = NO_STORE, waitUntil, absences } = tiers;
  const isNewer = tiers.isNewer ?? (() => false);
  const peek = (key: string) => memory.get(key) ?? null;
  async function readFrom(store: Store, key: string): Promise<T | null> {
    const entry = await store.read(key);
    return entry === null ? null : tiers.decode(entry, key);
  }
  function writeNear(key: string, value: T): void {
    memory.set(key, value);
    absences?.remove(key);
    waitUntil(edge.write(key, tiers.encode(value), tiers.lifeSeconds(value)));
  }
  return {
    peek,
    async read(key, isEnough = () => true) {
      const first = peek(key);
      if ((first !== null && isEnough(first)) || absences?.has(key)) return first;
      const near = await readFrom(edge, key);
      const found = near ?? (await readFrom(kv, key));
      // Another request may have written a newer value meanwhile.
      const held = peek(key);
      if (found === null) absences?.add(key);
      if (found === null || (held !== null && !isNewer(found, held))) return held;
      if (near === null) writeNear(key, found);
      else memory.set(key, found);
      return found;
    },
    readKv: (key) => readFrom(kv, key),
    writeNear,
    writeKv: (key, value) => kv.write(key, tiers.encode(value), tiers.lifeSeconds(value)),
    remove(key) {
      memory.delete(key);
      waitUntil(edge.remove(key));
      waitUntil(kv.remove(key));
    },
  };
}
