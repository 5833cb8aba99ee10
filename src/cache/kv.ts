import type { ReportFailure, Store } from "./store.ts";

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
const DAILY_LIMIT = /limit exceeded for the day|free usage limit|10048/i;

/** @returns the store that every data centre reads, eventually. */
export function createKvStore({ namespace, now, report, budget }: KvDeps): Store {
  async function change(operation: string, work: () => Promise<void>): Promise<void> {
    if (now() < budget.exhaustedUntil) return;
    await work().catch((cause: unknown) => {
      if (DAILY_LIMIT.test(String(cause))) budget.exhaustedUntil = nextMidnight(now());
      report("kv", operation, cause);
    });
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
    write(key, { bytes, mediaType }, lifeSeconds) {
      const expirationTtl = Math.max(MIN_LIFE_SECONDS, Math.ceil(lifeSeconds));
      return change("write", () =>
        namespace.put(key, bytes, { expirationTtl, metadata: { mediaType } }),
      );
    },
    delete(key) {
      return change("delete", () => namespace.delete(key));
    },
  };
}

function nextMidnight(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
}
