import type { Platform } from "./platform.ts";
import { TimeoutError, withTimeout } from "./timeout.ts";

/** Work in progress. */
interface Flight {
  readonly result: Promise<unknown>;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** The work that an isolate has in progress, by key. */
export type Flights = Map<string, Flight>;

/** The result of shared work. */
export interface Shared<T> {
  readonly value: T;
  /** Whether another request did the work. */
  readonly isCollapsed: boolean;
}

/** Runs `work`, or waits for the same work of another request. */
export type SingleFlight = <T>(key: string, work: () => Promise<T>) => Promise<Shared<T>>;

export interface SingleFlightOptions {
  readonly platform: Pick<Platform, "now" | "startTimer" | "waitUntil">;
  readonly flights: Flights;
  /** How old another request's work may become before a waiting request does it itself. */
  readonly maxAgeMs: number;
}

/** An isolate has fewer requests than this in progress. */
const MAX_FLIGHTS = 1_000;
/** Once for a request that was cancelled, once for its successor; more would build a queue. */
const MAX_WAITS = 2;

/**
 * One run at a time for each key. The platform may cancel a request, and its promises then never
 * settle, so no request waits for work that is older than `maxAgeMs`. Results are plain data, since
 * a stream belongs to the request that opened it.
 */
export function createSingleFlight(options: SingleFlightOptions): SingleFlight {
  const { platform, flights } = options;
  return async function singleFlight<T>(key: string, work: () => Promise<T>): Promise<Shared<T>> {
    for (let waits = 0; waits < MAX_WAITS; waits++) {
      const flight = flights.get(key);
      if (flight === undefined) break;
      const shared = await join<T>(flight, options);
      if (shared !== null) return shared;
      if (flights.get(key) === flight) flights.delete(key);
    }
    if (flights.size >= MAX_FLIGHTS) removeExpired(options);
    const result = work();
    if (flights.size < MAX_FLIGHTS) {
      const flight = { result, startedAt: platform.now() };
      flights.set(key, flight);
      const remove = () => {
        if (flights.get(key) === flight) flights.delete(key);
      };
      platform.waitUntil(result.then(remove, remove));
    }
    return { value: await result, isCollapsed: false };
  };
}

/** Runs every piece of work by itself, for results that must not be shared. */
export const unshared: SingleFlight = async (_key, work) => ({
  value: await work(),
  isCollapsed: false,
});

/** @returns null if the work is too old or becomes so. */
async function join<T>(
  { result, startedAt }: Flight,
  { platform, maxAgeMs }: SingleFlightOptions,
): Promise<Shared<T> | null> {
  const remainingMs = startedAt + maxAgeMs - platform.now();
  if (remainingMs <= 0) return null;
  try {
    const value = await withTimeout(platform, remainingMs, () => result as Promise<T>);
    return { value, isCollapsed: true };
  } catch (error) {
    if (error instanceof TimeoutError) return null;
    throw error;
  }
}

function removeExpired({ platform, flights, maxAgeMs }: SingleFlightOptions): void {
  for (const [key, { startedAt }] of flights) {
    if (platform.now() - startedAt > maxAgeMs) flights.delete(key);
  }
}
