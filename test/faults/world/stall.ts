import type { Clock } from "../../support/mirror/clock.ts";

/** Knows when nothing goes on but by the passing of time. */
export interface Stall {
  /** Something waits for time to pass. @returns what says that it waits no more. */
  begin(): () => void;
  isWaiting(): boolean;
  /** Resolves as soon as something waits. */
  whenBegun(): Promise<void>;
}

/** What came of waiting. */
export type Waited<T> =
  | { readonly isDone: true; readonly value: T; readonly seconds: number }
  | { readonly isDone: false; readonly seconds: number };

export function createStall(): Stall {
  let count = 0;
  let waiting: (() => void)[] = [];
  return {
    begin() {
      count += 1;
      for (const resolve of waiting.splice(0)) resolve();
      let isOver = false;
      return () => {
        if (!isOver) count -= 1;
        isOver = true;
      };
    },
    isWaiting: () => count > 0,
    whenBegun() {
      if (count > 0) return Promise.resolve();
      return new Promise((resolve) => {
        waiting = [...waiting, resolve];
      });
    },
  };
}

/** Lets time pass, from timer to timer and only while all wait for it, until the work is done. */
export async function passTime<T>(
  work: Promise<T>,
  { clock, stall, maxSeconds }: { clock: Clock; stall: Stall; maxSeconds: number },
): Promise<Waited<T>> {
  const done = work.then((value) => ({ value }));
  const startedAt = clock.now();
  for (;;) {
    const result = await Promise.race([done, stall.whenBegun().then(breathe)]);
    const seconds = (clock.now() - startedAt) / 1000;
    if (result) return { isDone: true, value: result.value, seconds };
    if (!stall.isWaiting()) continue;
    const next = clock.untilNext();
    if (next === null || seconds + next > maxSeconds) return { isDone: false, seconds };
    clock.advance(next);
  }
}

/** Lets everything go on that can. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
