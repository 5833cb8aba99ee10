/** How an answer came about, for the `Cache-Status` header. */
export interface CacheStatus {
  /** Whether the upstream was asked; then `known` says if something older was in the cache. */
  readonly isForwarded: boolean;
  readonly isKnown: boolean;
  /** Whether an old answer stands in for a failing upstream. */
  readonly isStale: boolean;
}

/** @returns the `Cache-Status` header (RFC 9211) of the cache named `sampan`. */
export function cacheStatusHeader(status: CacheStatus): string {
  const outcome = status.isForwarded ? `fwd=${status.isKnown ? "stale" : "miss"}` : "hit";
  return status.isStale ? `sampan; ${outcome}; detail=stale` : `sampan; ${outcome}`;
}
