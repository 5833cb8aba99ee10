import { TimeIsUp } from "./reply.ts";

/** Rejects with TimeIsUp if the work takes longer; the work itself is left to its caller. */
export async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new TimeIsUp(ms)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
