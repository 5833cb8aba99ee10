import type { Trace } from "../upstream/http.ts";
import type { RateLimit } from "../upstream/rate-limit.ts";

/** What the requests of an isolate last saw of the upstream. */
export interface Sighting {
  /** Milliseconds since 1970; 0 if nothing was seen. */
  seenAt: number;
  isUp: boolean;
  /** Null if it never told. */
  rateLimit: RateLimit | null;
}

/** Long enough for people to look at the page after a pull. */
const RECENT_MS = 15 * 60 * 1000;

/** @returns a record with nothing seen. */
export function createSighting(): Sighting {
  return { seenAt: 0, isUp: false, rateLimit: null };
}

/** Notes what one request saw. */
export function recordSighting(sighting: Sighting, trace: Trace, now: number): void {
  if (trace.isUp === null) return;
  sighting.seenAt = now;
  sighting.isUp = trace.isUp;
  sighting.rateLimit = trace.rateLimit ?? sighting.rateLimit;
}

/** @returns whether the upstream answered when it was last asked; null if that was long ago. */
export function isUpNow({ seenAt, isUp }: Sighting, now: number): boolean | null {
  return now - seenAt > RECENT_MS ? null : isUp;
}
