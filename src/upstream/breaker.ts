/**
 * Remembers which hosts hang, so that not every request waits for a deadline in vain. Hosts that
 * fail at once need no breaker: asking them again costs nothing.
 */
export interface Breaker {
  /** @returns whether the host may be asked now; false while it is given a rest. */
  allows(host: string, now: number): boolean;
  /** The host did not answer in time. */
  recordTimeout(host: string, now: number): void;
  /** The host answered, or failed at once. */
  recordReply(host: string): void;
}

/** Seconds that a hanging host is left alone before one request tries it again. */
export const REST_SECONDS = 2;
const TIMEOUTS_TO_OPEN = 5;
/** Far more hosts than an upstream has; the map is emptied rather than allowed to grow. */
const MAX_HOSTS = 100;

/** @returns a breaker with nothing against any host; one serves an isolate. */
export function createBreaker(): Breaker {
  const hosts = new Map<string, { timeouts: number; restsUntil: number }>();
  return {
    allows(host, now) {
      const state = hosts.get(host);
      if (!state || state.timeouts < TIMEOUTS_TO_OPEN) return true;
      if (now < state.restsUntil) return false;
      state.restsUntil = now + REST_SECONDS * 1000;
      return true;
    },
    recordTimeout(host, now) {
      if (hosts.size >= MAX_HOSTS) hosts.clear();
      const timeouts = (hosts.get(host)?.timeouts ?? 0) + 1;
      hosts.set(host, { timeouts, restsUntil: now + REST_SECONDS * 1000 });
    },
    recordReply(host) {
      hosts.delete(host);
    },
  };
}
