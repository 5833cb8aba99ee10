/** Waits for `work`, but not for long. @throws Error when it takes too long. */
export type Deadline = <T>(work: Promise<T>) => Promise<T>;

/** How a store did lately; outlives a request. */
export interface StoreHealth {
  /** Until when little is expected of it: milliseconds since 1970. */
  slowUntil: number;
}

export interface DeadlineDeps {
  readonly startTimer: (ms: number, fire: () => void) => () => void;
  readonly now: () => number;
  readonly health: StoreHealth;
}

/** A cache that takes longer than this is no cache: the upstream may well be faster. */
export const STORE_PATIENCE_MS = 2_000;
/** For one that was too slow a moment ago: what it costs must not add up. */
const BRIEF_PATIENCE_MS = 500;
const REST_MS = 10_000;

/** @returns the deadline for whatever reads a store; the work itself goes on unheard. */
export function createDeadline({ startTimer, now, health }: DeadlineDeps): Deadline {
  return async (work) => {
    // Whether it is waited for or not, its failure is not left lying about.
    work.catch(() => {});
    const wasSlow = now() < health.slowUntil;
    const patienceMs = wasSlow ? BRIEF_PATIENCE_MS : STORE_PATIENCE_MS;
    const { promise: tooLong, reject } = Promise.withResolvers<never>();
    const stopTimer = startTimer(patienceMs, () => {
      // After a rest it is given the whole time again: far away is not broken.
      if (!wasSlow) health.slowUntil = now() + REST_MS;
      reject(new Error(`no answer within ${patienceMs} ms`));
    });
    return Promise.race([work, tooLong]).finally(stopTimer);
  };
}
