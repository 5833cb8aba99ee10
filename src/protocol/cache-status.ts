/** How an answer came about, for the `Cache-Status` header. */
export interface CacheStatus {
  /** Whether the upstream was asked; then `known` says if something older was in the cache. */
  readonly isForwarded: boolean;
  readonly isKnown: boolean;
  /**
   * Why the answer may be older than it should: it stands in for a failing upstream, or the
   * upstream is spared while its pull quota is low. Null for an ordinary one.
   */
  readonly detail: "stale" | "quota" | null;
}

/** @returns the `Cache-Status` header (RFC 9211) of the cache named `sampan`. */
export function cacheStatusHeader(status: CacheStatus): string {
  const outcome = status.isForwarded ? `fwd=${status.isKnown ? "stale" : "miss"}` : "hit";
  return `sampan; ${outcome}${status.detail === null ? "" : `; detail=${status.detail}`}`;
}
