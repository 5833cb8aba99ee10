import { expect, test } from "vitest";
import { createDeadline } from "../../src/cache/deadline.ts";

/** Timers that fire when told to. */
function createTimers() {
  const running = new Map<() => void, number>();
  const startTimer = (ms: number, fire: () => void) => {
    running.set(fire, ms);
    return () => void running.delete(fire);
  };
  return { running, deadline: createDeadline(startTimer) };
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
