import { expect, test } from "vitest";
import { TimeoutError, withTimeout } from "../../src/platform/timeout.ts";
import { createFakePlatform, runMicrotasks } from "./fake-platform.ts";

test("work that ends in time returns its result and leaves no timer", async () => {
  const platform = createFakePlatform();
  const result = withTimeout(platform, 500, async () => "abc");
  expect(platform.timers()).toEqual([500]);
  expect(await result).toBe("abc");
  expect(platform.timers()).toEqual([]);
});

test.each<[string, () => Promise<never>]>([
  ["rejects", () => Promise.reject(new Error("broken"))],
  [
    "throws",
    () => {
      throw new Error("broken");
    },
  ],
])("work that %s fails with its own error and leaves no timer", async (_, work) => {
  const platform = createFakePlatform();
  await expect(withTimeout(platform, 500, work)).rejects.toThrow("broken");
  expect(platform.timers()).toEqual([]);
});

test("work that takes too long fails, and its signal is aborted", async () => {
  const platform = createFakePlatform();
  const signals: AbortSignal[] = [];
  const result = withTimeout(platform, 500, (signal) => {
    signals.push(signal);
    return new Promise(() => {});
  });
  expect(signals[0]?.aborted).toBe(false);
  platform.expire();
  await expect(result).rejects.toThrow(TimeoutError);
  await expect(result).rejects.toThrow("no answer within 500 ms");
  expect(signals[0]?.aborted).toBe(true);
  expect(platform.timers()).toEqual([]);
});

test("a failure after the timeout is handled", async () => {
  const platform = createFakePlatform();
  const { promise, reject } = Promise.withResolvers<never>();
  const result = withTimeout(platform, 500, () => promise);
  platform.expire();
  await expect(result).rejects.toThrow(TimeoutError);
  // An unhandled rejection would fail the test run.
  reject(new Error("late"));
  await runMicrotasks();
});
