import type { CachedResponse, ResponseCache } from "../cache/responses.ts";
import type { SingleFlight } from "../platform/single-flight.ts";
import { type CacheStatus, HIT, MISS } from "../protocol/cache-status.ts";
import { RegistryError } from "../protocol/errors.ts";

/** A response and its origin. */
export interface LoadedResponse<T> {
  readonly value: T;
  readonly cacheStatus: CacheStatus;
  /** Why a stale response is used, or null. */
  readonly warning: string | null;
}

/**
 * A response from the cache, or else from the upstream.
 *
 * @param mayAnswerStale whether the last response, of this age, may replace an error.
 * @throws RegistryError as `fetch`, if no response is cached.
 */
export async function loadResponse<T>(
  cache: ResponseCache<T>,
  singleFlight: SingleFlight,
  key: string,
  fetch: () => Promise<T>,
  mayAnswerStale: (error: RegistryError, ageMs: number) => boolean,
): Promise<LoadedResponse<T>> {
  const known: CachedResponse<T> | null = await cache.read(key);
  if (known !== null && cache.isFresh(known)) {
    return { value: known.value, cacheStatus: HIT, warning: null };
  }
  try {
    const { value, isCollapsed } = await singleFlight(key, async () => {
      const fetched = await fetch();
      cache.write(key, fetched);
      return fetched;
    });
    const forwarded = known === null ? "miss" : "stale";
    return { value, cacheStatus: { ...MISS, forwarded, isCollapsed }, warning: null };
  } catch (error) {
    if (known === null || !(error instanceof RegistryError)) throw error;
    if (!cache.isUsable(known) || !mayAnswerStale(error, cache.ageMs(known))) throw error;
    const cacheStatus = { ...MISS, forwarded: "stale", isStale: true } as const;
    return { value: known.value, cacheStatus, warning: error.message };
  }
}
