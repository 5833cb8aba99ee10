import type { Platform } from "./platform.ts";

/** Work did not finish in time. */
export class TimeoutError extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.name = "TimeoutError";
  }
}

/**
 * Waits for work, but no longer than `ms`.
 *
 * @param work may end early when its signal is aborted; nothing depends on that.
 * @throws TimeoutError after `ms`, and whatever `work` throws before.
 */
export async function withTimeout<T>(
  { startTimer }: Pick<Platform, "startTimer">,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const stopTimer = startTimer(ms, () => {
    const error = new TimeoutError(ms);
    reject(error);
    controller.abort(error);
  });
  try {
    const result = work(controller.signal);
    // A failure after the timeout would be unhandled.
    result.catch(() => {});
    return await Promise.race([result, expired]);
  } finally {
    stopTimer();
  }
}
