import type { Memory } from "./memory.ts";
import type { Platform } from "./platform.ts";
import { TimeoutError, withTimeout } from "./timeout.ts";

/** Work in progress. */
interface Flight {
  readonly result: Promise<unknown>;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly usage: Usage;
}

/** The waiting of one client request for upstreams. */
interface Usage {
  /** Milliseconds since 1970; null before the first request upstream. */
  startedAt: number | null;
}

/** The work that an isolate has in progress, by key. Work that has no room is not shared. */
export type Flights = Memory<Flight>;

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
  /** Of the request that this is for. */
  readonly usage: Usage;
  /**
   * How old another request's work may become before a waiting request does it itself. Its age counts
   * from its first request upstream: before that it may wait for slow stores.
   */
  readonly maxAgeMs: number;
}

/** Once for a request that was cancelled, once for its successor; more would build a queue. */
const MAX_WAITS = 2;

/**
 * One run at a time for each key. Waiting for another request's work counts as waiting for upstreams,
 * as far as that work waits for them. The platform may cancel a request, and its promises then never
 * settle, so no request waits for work that is older than `maxAgeMs`. Results are plain data, since
 * a stream belongs to the request that opened it.
 */
export function createSingleFlight(options: SingleFlightOptions): SingleFlight {
  const { platform, flights, usage } = options;
  return async function singleFlight<T>(key: string, work: () => Promise<T>): Promise<Shared<T>> {
    for (let waits = 0; waits < MAX_WAITS; waits++) {
      const flight = flights.get(key);
      if (flight === undefined) break;
      const shared = await join<T>(flight, options);
      if (shared !== null) return shared;
      if (flights.get(key) === flight) flights.delete(key);
    }
    const result = work();
    const flight = { result, startedAt: platform.now(), usage };
    flights.set(key, flight);
    const remove = () => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    platform.waitUntil(result.then(remove, remove));
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
  flight: Flight,
  options: SingleFlightOptions,
  joinedAt = options.platform.now(),
): Promise<Shared<T> | null> {
  const { platform, usage } = options;
  const expiry = expiryOf(flight, options);
  const remainingMs = expiry - platform.now();
  if (remainingMs <= 0) return null;
  const countWait = () => {
    const { startedAt } = flight.usage;
    if (startedAt !== null) usage.startedAt ??= Math.max(startedAt, joinedAt);
  };
  try {
    const value = await withTimeout(platform, remainingMs, () => flight.result as Promise<T>);
    countWait();
    return { value, isCollapsed: true };
  } catch (error) {
    if (error instanceof TimeoutError) {
      // Meanwhile the work may have made its first request upstream.
      return expiryOf(flight, options) > expiry ? join(flight, options, joinedAt) : null;
    }
    countWait();
    throw error;
  }
}

/** @returns when nobody waits any longer: milliseconds since 1970. */
function expiryOf({ startedAt, usage }: Flight, { maxAgeMs }: SingleFlightOptions): number {
  return (usage.startedAt ?? startedAt) + maxAgeMs;
}
