import type { ReportFailure } from "./cache/store.ts";
import type { Isolate } from "./isolate.ts";
import { describeCause, type Log } from "./log.ts";

/** The outside world, and what outlives a request. */
export interface Outside {
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
  /** Calls `fire` after `ms`, unless what it returns is called before. */
  readonly startTimer: (ms: number, fire: () => void) => () => void;
  /** Lets work go on after the answer has been sent. */
  readonly later: (work: Promise<unknown>) => void;
  readonly openCache: () => Promise<Cache>;
  readonly isolate: Isolate;
  readonly log: Log;
}

/** A store that fails goes on failing: one line in the log tells. */
export function reportOnce({ isolate, log }: Outside): ReportFailure {
  return (store, operation, cause) => {
    const failure = `${store} ${operation}`;
    if (isolate.reported.has(failure)) return;
    isolate.reported.add(failure);
    log("cache failed", { store, operation, reason: describeCause(cause) });
  };
}
