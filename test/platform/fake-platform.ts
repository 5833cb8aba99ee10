import type { Platform } from "../../src/platform/platform.ts";

/** A platform whose clock and timers move only when a test moves them. */
export function createFakePlatform() {
  const works: Promise<unknown>[] = [];
  const timers = new Set<{ readonly ms: number; readonly fire: () => void }>();
  const platform = {
    /** The time of the clock, in milliseconds since 1970. */
    ms: 1_767_225_600_000,
    now: () => platform.ms,
    waitUntil: (work: Promise<unknown>) => void works.push(work),
    startTimer(ms: number, fire: () => void) {
      const timer = { ms, fire };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    /** @returns the durations of the running timers, in milliseconds. */
    timers: () => [...timers].map(({ ms }) => ms),
    /** Lets every running timer expire. */
    expire() {
      const running = [...timers];
      timers.clear();
      for (const { fire } of running) fire();
    },
    /** Waits for all work that was given to `waitUntil`, even by other such work. */
    async settle() {
      for (const work of works) await work;
    },
  };
  return platform satisfies Pick<Platform, "now" | "waitUntil" | "startTimer">;
}

/** Runs everything that waits for nothing but earlier promises. */
export async function runMicrotasks(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
