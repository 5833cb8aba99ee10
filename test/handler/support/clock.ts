/** Time that passes only when a test says so. */
export interface Clock {
  now(): number;
  startTimer(ms: number, fire: () => void): () => void;
  /** Lets time pass and fires every timer that is due, in order. */
  advance(seconds: number): void;
  /** Resolves once so many timers run. */
  whenRunning(timers: number): Promise<void>;
}

/** Thursday noon, UTC. */
const START = Date.UTC(2026, 0, 15, 12);

export function createClock(): Clock {
  let now = START;
  const timers = new Set<{ at: number; fire: () => void }>();
  let waiting: { timers: number; resolve: () => void }[] = [];
  function wake(): void {
    const awake = waiting.filter((waiter) => timers.size >= waiter.timers);
    waiting = waiting.filter((waiter) => !awake.includes(waiter));
    for (const { resolve } of awake) resolve();
  }
  return {
    now: () => now,
    startTimer(ms, fire) {
      const timer = { at: now + ms, fire };
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
    whenRunning: (count) =>
      new Promise((resolve) => {
        waiting.push({ timers: count, resolve });
        wake();
      }),
  };
}
