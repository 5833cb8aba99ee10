/** The origin of an answer, for the `Cache-Status` header (RFC 9211). */
export interface CacheStatus {
  /**
   * Null if the cache answered alone; `miss` if the upstream was asked and nothing was cached,
   * `stale` if it was asked about an expired entry.
   */
  readonly forwarded: "miss" | "stale" | null;
  /** Whether another request did the work. */
  readonly isCollapsed: boolean;
  /** Whether a stale entry is used because the upstream fails. */
  readonly isStale: boolean;
  /** Whether a tag comes from another upstream than the registry's first. */
  readonly isFallback: boolean;
}

export const HIT: CacheStatus = {
  forwarded: null,
  isCollapsed: false,
  isStale: false,
  isFallback: false,
};
export const MISS: CacheStatus = { ...HIT, forwarded: "miss" };

/** @returns the `Cache-Status` header of the cache named `sampan`. */
export function cacheStatusHeader(status: CacheStatus): string {
  const { forwarded, isCollapsed, isStale, isFallback } = status;
  const parameters = [
    forwarded === null ? "hit" : `fwd=${forwarded}`,
    ...(forwarded !== null && isCollapsed ? ["collapsed"] : []),
    ...(isStale ? ["detail=stale"] : isFallback ? ["detail=fallback"] : []),
  ];
  return ["sampan", ...parameters].join("; ");
}
