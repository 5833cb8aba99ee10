import type { Platform } from "../platform/platform.ts";
import type { SingleFlight } from "../platform/single-flight.ts";
import { type CacheStatus, HIT, MISS } from "../protocol/cache-status.ts";
import { RegistryError } from "../protocol/errors.ts";
import { parseJsonObject } from "../protocol/json.ts";
import type { FailedChecks } from "./failed-checks.ts";
import type { NegativeCache } from "./negative.ts";
import { type Entry, jsonEntry, type Store } from "./store.ts";

/** Responses that change: lists of tags and referrers, and searches. */
export interface ResponseCache {
  /**
   * A response from the cache, or else from the upstream.
   *
   * @throws RegistryError as `fetch`, if no response is cached.
   */
  load<T>(request: ResponseRequest<T>): Promise<LoadedResponse<T>>;
}

export interface ResponseRequest<T> {
  readonly key: string;
  /** The key under which a refusal is remembered. */
  readonly refusalKey: string;
  readonly singleFlight: SingleFlight;
  fetch(): Promise<T>;
  /** Whether the last response, of this age, may replace an error. */
  mayAnswerStale(error: RegistryError, ageMs: number): boolean;
}

/** A response and its origin. */
export interface LoadedResponse<T> {
  readonly value: T;
  readonly cacheStatus: CacheStatus;
  /** Why a stale response is used, or null. */
  readonly warning: string | null;
}

export interface ResponseCacheOptions {
  readonly platform: Pick<Platform, "now" | "waitUntil">;
  /** The edge cache only: a list is not worth a write to KV. */
  readonly edge: Store;
  readonly negative: NegativeCache;
  readonly failures: FailedChecks;
  readonly freshSeconds: number;
  /** How long an old response may answer while the upstream fails. */
  readonly staleSeconds: number;
}

export function createResponseCache(options: ResponseCacheOptions): ResponseCache {
  const { platform, edge, negative, failures, freshSeconds, staleSeconds } = options;
  const { now, waitUntil } = platform;
  const lifeSeconds = Math.max(freshSeconds, staleSeconds);
  return {
    async load<T>({ key, refusalKey, singleFlight, ...request }: ResponseRequest<T>) {
      const known = parseRecord<T>(await edge.read(key));
      const ageMs = known === null ? 0 : now() - known.storedAt;
      if (known !== null && ageMs < freshSeconds * 1000) {
        return { value: known.value, cacheStatus: HIT, warning: null };
      }
      const last = ageMs < staleSeconds * 1000 ? known : null;
      async function check(): Promise<LoadedResponse<T>> {
        try {
          const { value, isCollapsed } = await singleFlight(key, async () => {
            const fetched = await negative.guard(refusalKey, "limits", request.fetch);
            const record = { value: fetched, storedAt: now() };
            waitUntil(edge.write(key, jsonEntry(record), lifeSeconds));
            failures.remove(key);
            return fetched;
          });
          const forwarded = known === null ? "miss" : "stale";
          return { value, cacheStatus: { ...MISS, forwarded, isCollapsed }, warning: null };
        } catch (error) {
          if (last === null || !(error instanceof RegistryError)) throw error;
          if (!request.mayAnswerStale(error, ageMs)) throw error;
          if (error.isTransient) failures.record(key, error.message);
          return stale(last.value, "stale", error.message);
        }
      }
      return failures.answer(key, check(), last && ((text) => stale(last.value, null, text)));
    },
  };
}

function stale<T>(
  value: T,
  forwarded: CacheStatus["forwarded"],
  warning: string,
): LoadedResponse<T> {
  return { value, cacheStatus: { ...HIT, forwarded, isStale: true }, warning };
}

/** The edge cache has only what this mirror wrote; the keys of each kind differ. */
function parseRecord<T>(entry: Entry | null): { value: T; storedAt: number } | null {
  const { value, storedAt } = (entry && parseJsonObject(entry.bytes)) ?? {};
  return value !== undefined && typeof storedAt === "number"
    ? { value: value as T, storedAt }
    : null;
}
