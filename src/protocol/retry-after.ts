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
  const raw = header ?? "";
  const isDate = /^[A-Z][a-z]{2}, /.test(raw);
  const seconds = isDate
    ? Math.ceil((Date.parse(raw) - now) / 1000)
    : Number(/^\d+$/.exec(raw) ?? Number.NaN);
  if (Number.isNaN(seconds)) return DEFAULT_SECONDS;
  return Math.min(Math.max(seconds, MIN_SECONDS), MAX_SECONDS);
}
