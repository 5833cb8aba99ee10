const MIN_SECONDS = 1;
/** Longer refusals are checked again after this time. */
const MAX_SECONDS = 60;
const DEFAULT_SECONDS = 10;

/**
 * `Retry-After` (RFC 9110, section 10.2.3): seconds or a date.
 *
 * @param now milliseconds since 1970.
 * @returns whole seconds from 1 to 60; 10 if the header is absent or invalid.
 */
export function parseRetryAfter(header: string | null, now: number): number {
  const raw = header?.trim() ?? "";
  if (/^\d+$/.test(raw)) return clamp(Number(raw));
  const date = /^[A-Z][a-z]{2}, /.test(raw) ? Date.parse(raw) : Number.NaN;
  return Number.isNaN(date) ? DEFAULT_SECONDS : clamp(Math.ceil((date - now) / 1000));
}

function clamp(seconds: number): number {
  return Math.min(Math.max(seconds, MIN_SECONDS), MAX_SECONDS);
}
