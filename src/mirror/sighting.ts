/** What a request last saw of a registry; outlives it. */
export interface Sighting {
  readonly isUp: boolean;
  /** Milliseconds since 1970. */
  readonly seenAt: number;
}

/** Long enough for people to look at the page after a pull. */
const RECENT_MS = 15 * 60 * 1000;

/** @returns whether the registry answered when it was last asked; null if that was long ago. */
export function isUpNow(sighting: Sighting | undefined, now: number): boolean | null {
  return sighting === undefined || now - sighting.seenAt > RECENT_MS ? null : sighting.isUp;
}
