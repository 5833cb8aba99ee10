/**
 * A circuit breaker for hosts that time out, so that not every request waits for a timeout. A host
 * that fails at once needs none: another request costs nothing.
 */
export interface Breaker {
  /** @returns whether the circuit is closed, or one request may try the host again. */
  allows(host: string, now: number): boolean;
  /** The host did not answer in time. */
  recordTimeout(host: string, now: number): void;
  /** The host answered, or failed at once. */
  recordReply(host: string): void;
}

/** The pause before one request tries a host again. */
export const COOLDOWN_SECONDS = 2;
const TIMEOUTS_TO_OPEN = 5;
/** Far more hosts than an upstream has. The map is then cleared. */
const MAX_HOSTS = 100;

/** @returns a breaker whose circuits are all closed; an isolate has one. */
export function createBreaker(): Breaker {
  const hosts = new Map<string, { timeouts: number; openUntil: number }>();
  return {
    allows(host, now) {
      const state = hosts.get(host);
      if (!state || state.timeouts < TIMEOUTS_TO_OPEN) return true;
      if (now < state.openUntil) return false;
      state.openUntil = now + COOLDOWN_SECONDS * 1000;
      return true;
    },
    recordTimeout(host, now) {
      if (hosts.size >= MAX_HOSTS) hosts.clear();
      const timeouts = (hosts.get(host)?.timeouts ?? 0) + 1;
      hosts.set(host, { timeouts, openUntil: now + COOLDOWN_SECONDS * 1000 });
    },
    recordReply(host) {
      hosts.delete(host);
    },
  };
}
