import type { Memory } from "../platform/memory.ts";
import type { Platform } from "../platform/platform.ts";
import { TimeoutError, withTimeout } from "../platform/timeout.ts";

/** A failed check of a tag or list. */
export interface FailedCheck {
  /** For the clients. */
  readonly warning: string;
  /** Until when it counts as a check: milliseconds since 1970. */
  readonly until: number;
}

/**
 * Failed checks of what is known, so that not every request waits for the failing upstream. For a
 * moment a failed check counts as a check; after that, requests do not wait long for the next one.
 */
export interface FailedChecks {
  record(key: string, warning: string): void;
  remove(key: string): void;
  /**
   * Waits for a check; after a failed one, no longer than the clients of an outage should.
   *
   * @param stale gives the stale answer; null without one.
   */
  answer<T>(key: string, checking: Promise<T>, stale: ((warning: string) => T) | null): Promise<T>;
}

export interface FailedCheckOptions {
  readonly platform: Pick<Platform, "now" | "startTimer" | "waitUntil">;
  readonly failedChecks: Memory<FailedCheck>;
}

/** How long a failed check counts as a check. */
const FAILURE_MS = 30_000;
/** After that, a request waits so long for the next check: the upstream may be back. */
const RECHECK_WAIT_MS = 900;

export function createFailedChecks({ platform, failedChecks }: FailedCheckOptions): FailedChecks {
  return {
    record: (key, warning) =>
      failedChecks.set(key, { warning, until: platform.now() + FAILURE_MS }),
    remove: failedChecks.delete,
    answer(key, checking, stale) {
      const failure = failedChecks.get(key);
      if (stale === null || failure === undefined) return checking;
      const { warning, until } = failure;
      platform.waitUntil(checking.catch(() => {}));
      if (platform.now() < until) return Promise.resolve(stale(warning));
      return withTimeout(platform, RECHECK_WAIT_MS, () => checking).catch((error) => {
        if (error instanceof TimeoutError) return stale(warning);
        throw error;
      });
    },
  };
}
