import type { Log } from "./log.ts";

/** What the Worker uses of the platform that it runs on. Tests replace it. */
export interface Platform {
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
  /** Calls `fire` after `ms`. @returns a function that stops the timer. */
  readonly startTimer: (ms: number, fire: () => void) => () => void;
  /** Lets work continue after the response has been sent. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly openCache: () => Promise<Cache>;
  readonly log: Log;
}
