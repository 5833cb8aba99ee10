import { type Descriptor, descriptorOf } from "../protocol/descriptor.ts";
import type { Memory } from "./memory.ts";
import { type Pointer, readPointer } from "./pointer-record.ts";
import { jsonEntry, type Store } from "./store.ts";

export interface PointerCache {
  /** @returns what this isolate knows, however old, or null. */
  peek(key: string): Pointer | null;
  /** @returns the newest that is known near, else what is known far away, however old, or null. */
  read(key: string): Promise<Pointer | null>;
  /**
   * What stands in for the upstream may have been checked later by another data centre.
   *
   * @param known what `read` gave before.
   * @returns the newer one of it and what KV has.
   */
  latest(key: string, known: Pointer): Promise<Pointer>;
  /** Whether it may answer without asking. */
  isFresh(pointer: Pointer): boolean;
  /** Whether it may answer without asking while the upstream is to be spared. */
  isRecent(pointer: Pointer): boolean;
  /** Whether it may answer when the upstream cannot. */
  canStandIn(pointer: Pointer): boolean;
  /**
   * Notes what the upstream just said.
   *
   * @param known what `read` gave before.
   * @param previous what may stand in should the new manifest not be had; null if nothing.
   * @returns the new pointer.
   */
  write(
    key: string,
    descriptor: Descriptor,
    known: Pointer | null,
    previous: Descriptor | null,
  ): Pointer;
  /**
   * Notes that a tag has moved which no client asked for. It keeps its age, so that what nobody
   * pulls is forgotten.
   */
  move(key: string, descriptor: Descriptor, known: Pointer): void;
  /** Notes, in this isolate, that a tag has not moved which no client asked for. */
  confirm(key: string, known: Pointer): void;
  drop(key: string): void;
}

export interface PointerDeps {
  readonly memory: Memory<Pointer>;
  readonly edge: Store;
  readonly kv: Store;
  readonly now: () => number;
  readonly later: (work: Promise<unknown>) => void;
  readonly freshSeconds: number;
  readonly staleSeconds: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** KV's writes are few: a pointer that has not changed is written again this seldom. */
const MIN_KEPT_MS = DAY_MS;
const MAX_KEPT_MS = 7 * DAY_MS;
const RECENT_MS = 60 * 60 * 1000;

export function createPointerCache(deps: PointerDeps): PointerCache {
  const { memory, edge, kv, now, later, freshSeconds, staleSeconds } = deps;
  const isFresh = (pointer: Pointer) => now() - pointer.checkedAt < freshSeconds * 1000;
  const lifeSeconds = Math.max(freshSeconds, staleSeconds);
  const keptMs = Math.max(MIN_KEPT_MS, Math.min(MAX_KEPT_MS, (staleSeconds * 1000) / 2));
  async function keep(key: string, pointer: Pointer, known: Pointer | null, lifeSeconds: number) {
    const keptAt = await keepFar(key, pointer, known, lifeSeconds);
    if (keptAt === pointer.keptAt) return;
    const corrected = { ...pointer, keptAt };
    if (memory.get(key) === pointer) memory.set(key, corrected);
    await edge.write(key, jsonEntry(corrected), lifeSeconds);
  }
  /**
   * Another data centre may have kept it already: reads are many, writes are few.
   *
   * @returns when KV took it; 0 if it did not: then it is offered again at the next check.
   */
  async function keepFar(
    key: string,
    pointer: Pointer,
    known: Pointer | null,
    lifeSeconds: number,
  ): Promise<number> {
    const far = known && (await readPointer(kv, key));
    if (far?.digest === pointer.digest && now() - far.keptAt < keptMs) return far.keptAt;
    return (await kv.write(key, jsonEntry(pointer), lifeSeconds)) ? pointer.keptAt : 0;
  }
  return {
    isFresh,
    isRecent: (pointer) => freshSeconds > 0 && now() - pointer.checkedAt < RECENT_MS,
    canStandIn: (pointer) => now() - pointer.checkedAt < staleSeconds * 1000,
    peek: (key) => memory.get(key) ?? null,
    async read(key) {
      const known = memory.get(key) ?? null;
      if (known && isFresh(known)) return known;
      const stored = (await readPointer(edge, key)) ?? (await readPointer(kv, key));
      const newest = newer(known, stored);
      if (newest !== null) memory.set(key, newest);
      return newest;
    },
    async latest(key, known) {
      const latest = newer(known, await readPointer(kv, key)) ?? known;
      memory.set(key, latest);
      return latest;
    },
    write(key, descriptor, known, previous) {
      const isKept = known?.digest === descriptor.digest && now() - known.keptAt < keptMs;
      const keptAt = isKept ? known.keptAt : now();
      const pointer = { ...descriptor, checkedAt: now(), keptAt, previous };
      memory.set(key, pointer);
      later(edge.write(key, jsonEntry(pointer), lifeSeconds));
      if (!isKept) later(keep(key, pointer, known, lifeSeconds));
      return pointer;
    },
    move(key, descriptor, known) {
      const { keptAt } = known;
      const previous = descriptorOf(known);
      const pointer = { ...descriptor, checkedAt: now(), keptAt, previous };
      memory.set(key, pointer);
      later(keep(key, pointer, null, lifeSeconds - (now() - keptAt) / 1000));
    },
    confirm: (key, known) => memory.set(key, { ...known, checkedAt: now() }),
    drop(key) {
      memory.delete(key);
      later(edge.delete(key));
      later(kv.delete(key));
    },
  };
}

function newer(a: Pointer | null, b: Pointer | null): Pointer | null {
  if (a === null || b === null) return a ?? b;
  return a.checkedAt >= b.checkedAt ? a : b;
}
