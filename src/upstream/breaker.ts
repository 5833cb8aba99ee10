import { createMemory } from "../platform/memory.ts";

/**
 * A circuit breaker for hosts that time out, so that not every request waits for a timeout. A host
 * that fails at once needs none: another request costs nothing.
 */
export interface Breaker {
  /** @returns whether the circuit is closed, or one request may try the host again. */
  allows(host: string, now: number): boolean;
  /**
   * The host did not answer in time.
   *
   * @param repository of a manifest or blob; null for other requests, which do not count: a slow
   * list says nothing about a host.
   */
  recordTimeout(host: string, repository: string | null, now: number): void;
  /** The host answered, or failed at once. */
  recordReply(host: string): void;
}

/** The pause before one request tries a host again. */
export const COOLDOWN_SECONDS = 2;
const TIMEOUTS_TO_OPEN = 5;
/** One slow repository must not block the others. */
const REPOSITORIES_TO_OPEN = 2;
/** Far more hosts than an upstream has. */
const MAX_HOSTS = 100;

/** The timeouts of a host in a row. */
interface Failures {
  readonly timeouts: number;
  readonly repositories: Set<string>;
  openUntil: number;
}

/** @returns a breaker whose circuits are all closed; an isolate has one. */
export function createBreaker(): Breaker {
  const hosts = createMemory<Failures>(MAX_HOSTS);
  return {
    allows(host, now) {
      const state = hosts.get(host);
      if (!state || state.timeouts < TIMEOUTS_TO_OPEN) return true;
      if (state.repositories.size < REPOSITORIES_TO_OPEN) return true;
      if (now < state.openUntil) return false;
      state.openUntil = now + COOLDOWN_SECONDS * 1000;
      return true;
    },
    recordTimeout(host, repository, now) {
      if (repository === null) return;
      const { timeouts = 0, repositories = new Set<string>() } = hosts.get(host) ?? {};
      if (repositories.size < REPOSITORIES_TO_OPEN) repositories.add(repository);
      const openUntil = now + COOLDOWN_SECONDS * 1000;
      hosts.set(host, { timeouts: timeouts + 1, repositories, openUntil });
    },
    recordReply(host) {
      hosts.delete(host);
    },
  };
}
