const MIN_SECONDS = 1;
/** Longer refusals are checked again after this time. */
const MAX_SECONDS = 60;
const DEFAULT_SECONDS = 10;

/**
 * `Retry-After` (RFC 9110, section 10.2.3) in seconds, as registries write it.
 *
 * @returns whole seconds from 1 to 60; 10 if the header is absent or anything else.
 */
export function parseRetryAfter(header: string | null): number {
  const seconds = /^\d+$/.test(header ?? "") ? Number(header) : DEFAULT_SECONDS;
  return Math.min(Math.max(seconds, MIN_SECONDS), MAX_SECONDS);
}
