/** Waits for `work`, but not for long. @throws Error when it takes too long. */
export type Deadline = <T>(work: Promise<T>) => Promise<T>;

/** A cache that takes longer than this is no cache: the upstream may well be faster. */
export const STORE_PATIENCE_MS = 2_000;

/** @returns the deadline for whatever reads a cache; the work itself goes on unheard. */
export function createDeadline(startTimer: (ms: number, fire: () => void) => () => void): Deadline {
  return async (work) => {
    // Whether it is waited for or not, its failure is not left lying about.
    work.catch(() => {});
    const { promise: tooLong, reject } = Promise.withResolvers<never>();
    const stopTimer = startTimer(STORE_PATIENCE_MS, () =>
      reject(new Error(`no answer within ${STORE_PATIENCE_MS} ms`)),
    );
    return Promise.race([work, tooLong]).finally(stopTimer);
  };
}
