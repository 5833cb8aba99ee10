/** Time that passes only when a test advances it. */
export interface Clock {
  now(): number;
  startTimer(ms: number, fire: () => void): () => void;
  /** Lets time pass and fires every due timer, in order. */
  advance(seconds: number): void;
  /** @returns the seconds until the next timer is due; null if none runs. */
  untilNext(): number | null;
  /** Resolves once `count` timers run: those of `seconds`, or all but the stores' by default. */
  whenRunning(count: number, seconds?: number): Promise<void>;
}

/** Thursday noon, UTC. */
const START = Date.UTC(2026, 0, 15, 12);
/** The time that a store has to answer (case 12). */
const STORE_TIMEOUT_MS = 2_000;

export function createClock(): Clock {
  let now = START;
  const timers = new Set<{ ms: number; at: number; fire: () => void }>();
  let waiting: { isMet: () => boolean; resolve: () => void }[] = [];
  function wake(): void {
    const awake = waiting.filter(({ isMet }) => isMet());
    waiting = waiting.filter((waiter) => !awake.includes(waiter));
    for (const { resolve } of awake) resolve();
  }
  return {
    now: () => now,
    startTimer(ms, fire) {
      const timer = { ms, at: now + ms, fire };
      timers.add(timer);
      wake();
      return () => void timers.delete(timer);
    },
    advance(seconds) {
      now += seconds * 1000;
      const due = [...timers].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
      for (const timer of due) {
        if (timers.delete(timer)) timer.fire();
      }
    },
    untilNext: () =>
      timers.size === 0 ? null : (Math.min(...[...timers].map(({ at }) => at)) - now) / 1000,
    whenRunning: (count, seconds) =>
      new Promise((resolve) => {
        const matches = ({ ms }: { ms: number }) =>
          seconds === undefined ? ms !== STORE_TIMEOUT_MS : ms === seconds * 1000;
        waiting.push({ isMet: () => [...timers].filter(matches).length >= count, resolve });
        wake();
      }),
  };
}
