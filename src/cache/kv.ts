import type { Entry, ReportFailure, Store } from "./store.ts";

export interface KvDeps {
  readonly namespace: KVNamespace;
  readonly now: () => number;
  readonly report: ReportFailure;
  /** Shared by the requests of an isolate. */
  readonly budget: WriteBudget;
}

/** Until when KV takes no more writes, in milliseconds since 1970. */
export interface WriteBudget {
  exhaustedUntil: number;
}

/** What KV itself demands. */
const MIN_LIFE_SECONDS = 60;
const DAY_MS = 24 * 60 * 60 * 1000;
/** How KV says that the day's writes of the free plan are used up; they are counted in UTC days. */
const DAILY_LIMIT = /limit exceeded for the day|free usage limit|\b10048\b/i;

/** @returns the store that every data centre reads, eventually. */
export function createKvStore({ namespace, now, report, budget }: KvDeps): Store {
  async function write(key: string, { bytes, mediaType }: Entry, lifeSeconds: number) {
    if (now() < budget.exhaustedUntil) return;
    try {
      const expirationTtl = Math.max(MIN_LIFE_SECONDS, Math.ceil(lifeSeconds));
      await namespace.put(key, bytes, { expirationTtl, metadata: { mediaType } });
    } catch (cause) {
      if (DAILY_LIMIT.test(String(cause))) budget.exhaustedUntil = nextMidnight(now());
      report("kv", "write", cause);
    }
  }
  return {
    async read(key) {
      try {
        const found = await namespace.getWithMetadata<{ mediaType?: string }>(key, "arrayBuffer");
        const mediaType = found.metadata?.mediaType;
        if (found.value === null || typeof mediaType !== "string") return null;
        return { bytes: new Uint8Array(found.value), mediaType };
      } catch (cause) {
        report("kv", "read", cause);
        return null;
      }
    },
    write,
    async delete(key) {
      await namespace.delete(key).catch((cause: unknown) => report("kv", "delete", cause));
    },
  };
}

function nextMidnight(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
}
