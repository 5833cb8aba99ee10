import { parseJsonObject } from "../protocol/json.ts";
import type { Memory } from "./memory.ts";
import { jsonEntry, type Store } from "./store.ts";

/** Whether an anonymous client could pull a repository, and when that was found out. */
export interface Verdict {
  readonly isPublic: boolean;
  /** Milliseconds since 1970. */
  readonly checkedAt: number;
}

export interface VerdictCache {
  /** @returns the newest that is known, however old, or null. */
  read(key: string): Promise<Verdict | null>;
  isFresh(verdict: Verdict): boolean;
  write(key: string, isPublic: boolean): Verdict;
  /** Lets an old one stand in for a while, so that not every request waits for a failing upstream. */
  prolong(key: string, verdict: Verdict): void;
}

export interface VerdictDeps {
  readonly memory: Memory<Verdict>;
  readonly edge: Store;
  readonly kv: Store;
  readonly now: () => number;
  readonly later: (work: Promise<unknown>) => void;
  /** How long an old verdict may stand in when there can be no new one. */
  readonly staleSeconds: number;
}

const PUBLIC_SECONDS = 7 * 24 * 60 * 60;
/** An owner who makes a repository public wants to see it. Not worth a write to KV. */
const PRIVATE_SECONDS = 60;
const STAND_IN_SECONDS = 30;

export function createVerdictCache({
  memory,
  edge,
  kv,
  now,
  later,
  staleSeconds,
}: VerdictDeps): VerdictCache {
  return {
    async read(key) {
      const known = memory.get(key);
      if (known !== undefined) return known;
      const verdict = (await readFrom(edge, key)) ?? (await readFrom(kv, key));
      if (verdict !== null) memory.set(key, verdict);
      return verdict;
    },
    isFresh: (verdict) => now() - verdict.checkedAt < lifeMs(verdict),
    prolong(key, verdict) {
      const checkedAt = now() - lifeMs(verdict) + STAND_IN_SECONDS * 1000;
      memory.set(key, { ...verdict, checkedAt });
    },
    write(key, isPublic) {
      const verdict = { isPublic, checkedAt: now() };
      const wasPublic = memory.get(key)?.isPublic ?? false;
      memory.set(key, verdict);
      for (const store of [edge, kv]) {
        if (isPublic) later(store.write(key, jsonEntry(verdict), PUBLIC_SECONDS + staleSeconds));
        else if (wasPublic) later(store.delete(key));
      }
      return verdict;
    },
  };
}

function lifeMs({ isPublic }: Verdict): number {
  return (isPublic ? PUBLIC_SECONDS : PRIVATE_SECONDS) * 1000;
}

async function readFrom(store: Store, key: string): Promise<Verdict | null> {
  const entry = await store.read(key);
  const { isPublic, checkedAt } = (entry && parseJsonObject(entry.bytes)) ?? {};
  return isPublic === true && typeof checkedAt === "number" ? { isPublic, checkedAt } : null;
}
