import { expect, test } from "vitest";
import { createDeadline } from "../../src/cache/deadline.ts";
import { createClock } from "./stores.ts";

/** Timers that fire when told to. */
function createTimers() {
  const running = new Map<() => void, number>();
  const startTimer = (ms: number, fire: () => void) => {
    running.set(fire, ms);
    return () => void running.delete(fire);
  };
  const clock = createClock(1_000_000);
  const health = { slowUntil: 0 };
  return { running, clock, deadline: createDeadline({ startTimer, now: clock.now, health }) };
}

test("what is done in time is the result, and no timer is left", async () => {
  const { running, deadline } = createTimers();
  expect(await deadline(Promise.resolve("abc"))).toBe("abc");
  expect(running.size).toBe(0);
});

test("what fails in time fails the same way, and no timer is left", async () => {
  const { running, deadline } = createTimers();
  await expect(deadline(Promise.reject(new Error("KV GET failed: 500")))).rejects.toThrow(
    "KV GET failed: 500",
  );
  expect(running.size).toBe(0);
});

test("what takes longer than two seconds is not waited for", async () => {
  const { running, deadline } = createTimers();
  const waiting = deadline(new Promise(() => {}));
  expect([...running.values()]).toEqual([2000]);
  for (const fire of running.keys()) fire();
  await expect(waiting).rejects.toThrow("no answer within 2000 ms");
  expect(running.size).toBe(0);
});

test("what fails after that disturbs nobody", async () => {
  const { running, deadline } = createTimers();
  const { promise, reject } = Promise.withResolvers<never>();
  const waiting = deadline(promise);
  for (const fire of running.keys()) fire();
  await expect(waiting).rejects.toThrow("no answer");
  reject(new Error("late"));
  await new Promise((resolve) => setTimeout(resolve, 0));
});

test("after a store was too slow, it has half a second for ten seconds, however slow it is meanwhile", async () => {
  const { running, clock, deadline } = createTimers();
  const patience = async () => {
    const waiting = deadline(new Promise(() => {}));
    const [fire, ms] = [...running][0] ?? [];
    fire?.();
    await expect(waiting).rejects.toThrow(`no answer within ${ms} ms`);
    return ms;
  };
  expect(await patience()).toBe(2_000);
  clock.ms += 9_999;
  expect(await patience()).toBe(500);
  clock.ms += 1;
  expect(await patience()).toBe(2_000);
});
