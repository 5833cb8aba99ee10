import {
  createAttempt,
  type Entry,
  type ReportFailure,
  type Store,
  type StoreTimeout,
} from "./store.ts";

export interface KvOptions {
  readonly namespace: KVNamespace;
  readonly now: () => number;
  readonly timeout: StoreTimeout;
  readonly report: ReportFailure;
  /** Shared by the requests of an isolate. */
  readonly budget: KvBudget;
}

/** The daily budgets of the free plan, which are separate for writes and deletes. */
export interface KvBudget {
  readonly write: Allowance;
  readonly delete: Allowance;
}

interface Allowance {
  /** Milliseconds since 1970. */
  pausedUntil: number;
  refusalsInARow: number;
}

/** Required by KV. */
const MIN_LIFE_SECONDS = 60;
const DAY_MS = 24 * 60 * 60 * 1000;
/** The error of KV when the writes of a day, counted in UTC, are used up. */
const DAILY_LIMIT = /for the day|daily|per day|free usage limit|\b10048\b/i;
/** The error of KV for a second write to the same key within a second. */
const KEY_LIMIT = /\b429\b|too many requests/i;
const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 5 * 60 * 1000;

/** @returns a budget of which nothing is used. */
export function createKvBudget(): KvBudget {
  const full = () => ({ pausedUntil: 0, refusalsInARow: 0 });
  return { write: full(), delete: full() };
}

/** Workers KV: every data centre reads it, with a delay of up to a minute or more. */
export function createKvStore(options: KvOptions): Store {
  const { namespace, timeout, report } = options;
  const attempt = createAttempt("kv", report);
  return {
    read: (key) =>
      attempt("read", null, async () => {
        const reading = namespace.getWithMetadata<Partial<Entry>>(key, "arrayBuffer");
        const { value, metadata } = await timeout(reading);
        const { mediaType, rewriteAt = 0 } = metadata ?? {};
        if (value === null || typeof mediaType !== "string") return null;
        return { bytes: new Uint8Array(value), mediaType, rewriteAt };
      }),
    write: (key, { bytes, ...metadata }, lifeSeconds) =>
      spend(options, "write", () => {
        const expirationTtl = Math.max(MIN_LIFE_SECONDS, Math.ceil(lifeSeconds));
        return namespace.put(key, bytes, { expirationTtl, metadata });
      }),
    async remove(key) {
      await spend(options, "delete", () => namespace.delete(key));
    },
  };
}

/**
 * Runs an operation with a daily budget. Once KV reports the limit of the day, the operation is not
 * tried again before midnight UTC. After any other failure it pauses, longer each time.
 *
 * @returns whether the operation succeeded.
 */
async function spend(
  { now, report, budget }: KvOptions,
  operation: keyof KvBudget,
  work: () => Promise<void>,
): Promise<boolean> {
  const allowance = budget[operation];
  if (now() < allowance.pausedUntil) return false;
  try {
    await work();
    allowance.refusalsInARow = 0;
    return true;
  } catch (cause) {
    const isUsedUp = DAILY_LIMIT.test(String(cause));
    // Another isolate has just written the same value.
    if (!isUsedUp && KEY_LIMIT.test(String(cause))) return false;
    const pauseMs = Math.min(MIN_PAUSE_MS * 2 ** allowance.refusalsInARow, MAX_PAUSE_MS);
    allowance.refusalsInARow += 1;
    allowance.pausedUntil = isUsedUp ? nextMidnight(now()) : now() + pauseMs;
    report("kv", operation, cause);
    return false;
  }
}

function nextMidnight(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
}
