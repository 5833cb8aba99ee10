import type { Deadline } from "./deadline.ts";
import type { Entry, ReportFailure, Store } from "./store.ts";

export interface KvDeps {
  readonly namespace: KVNamespace;
  readonly now: () => number;
  readonly deadline: Deadline;
  readonly report: ReportFailure;
  /** Shared by the requests of an isolate. */
  readonly budget: KvBudget;
}

/** A key that KV has. */
export interface ListedKey {
  readonly key: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** A store that can tell what it has. */
export interface ListedStore extends Store {
  /** @returns the keys with the prefix, at most `MAX_LISTED`; none if they cannot be read. */
  list(prefix: string): Promise<ListedKey[]>;
}

/** What KV still takes today. */
export interface KvBudget {
  readonly put: Allowance;
  readonly delete: Allowance;
}

interface Allowance {
  /** Until when there is nothing left, in milliseconds since 1970. */
  exhaustedUntil: number;
  refusalsInARow: number;
}

/** What KV itself demands. */
const MIN_LIFE_SECONDS = 60;
const DAY_MS = 24 * 60 * 60 * 1000;
/** How KV says that the day's writes of the free plan are used up; they are counted in UTC days. */
const DAILY_LIMIT = /for the day|daily|per day|free usage limit|\b10048\b/i;
/** Lists are counted by the day too; KV gives up to 1,000 keys for each. */
const MAX_LISTED = 5_000;
/** Whatever KV says, after so many refusals in a row it has no more to give today: one pull has fewer. */
const MAX_REFUSALS = 5;

/** @returns a budget with nothing spent. */
export function createKvBudget(): KvBudget {
  const full = () => ({ exhaustedUntil: 0, refusalsInARow: 0 });
  return { put: full(), delete: full() };
}

/** @returns the store that every data centre reads, eventually. */
export function createKvStore(deps: KvDeps): ListedStore {
  const { namespace, deadline, report } = deps;
  return {
    async read(key) {
      try {
        const reading = namespace.getWithMetadata<Partial<Entry>>(key, "arrayBuffer");
        const { value, metadata } = await deadline(reading);
        const { mediaType, dueAt = 0 } = metadata ?? {};
        if (value === null || typeof mediaType !== "string") return null;
        return { bytes: new Uint8Array(value), mediaType, dueAt };
      } catch (cause) {
        report("kv", "read", cause);
        return null;
      }
    },
    write: (key, { bytes, ...metadata }: Entry, lifeSeconds) =>
      spend(deps, "put", () => {
        const expirationTtl = Math.max(MIN_LIFE_SECONDS, Math.ceil(lifeSeconds));
        return namespace.put(key, bytes, { expirationTtl, metadata });
      }),
    async delete(key) {
      await spend(deps, "delete", () => namespace.delete(key));
    },
    async list(prefix) {
      try {
        return await listKeys(namespace, prefix);
      } catch (cause) {
        report("kv", "list", cause);
        return [];
      }
    },
  };
}

/**
 * Does what is counted by the day, until KV refuses it; then not before midnight UTC.
 *
 * @returns whether it was done.
 */
async function spend(
  { now, report, budget }: KvDeps,
  operation: keyof KvBudget,
  work: () => Promise<void>,
): Promise<boolean> {
  const allowance = budget[operation];
  if (now() < allowance.exhaustedUntil) return false;
  try {
    await work();
    allowance.refusalsInARow = 0;
    return true;
  } catch (cause) {
    allowance.refusalsInARow += 1;
    const isOver = allowance.refusalsInARow >= MAX_REFUSALS || DAILY_LIMIT.test(String(cause));
    if (isOver) allowance.exhaustedUntil = nextMidnight(now());
    report("kv", operation === "put" ? "write" : operation, cause);
    return false;
  }
}

async function listKeys(namespace: KVNamespace, prefix: string): Promise<ListedKey[]> {
  const keys: ListedKey[] = [];
  let cursor: string | null = null;
  do {
    const page: KVNamespaceListResult<unknown> = await namespace.list({ prefix, cursor });
    for (const { name, expiration = 0 } of page.keys) {
      keys.push({ key: name, expiresAt: expiration });
    }
    cursor = page.list_complete ? null : page.cursor;
  } while (cursor !== null && keys.length < MAX_LISTED);
  return keys;
}

function nextMidnight(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
}
