import { describe, expect, test } from "vitest";
import { isLow, isUsedUp, readQuota } from "../../src/upstream/quota.ts";

const NOW = 1_767_225_600_000;
const WINDOW_MS = 21_600_000;
const windowSeconds = 21_600;

describe("a quota is read", () => {
  test("with the window that it is for", () => {
    expect(readQuota({ limit: "100;w=3600", remaining: "9;w=3600" }, NOW)).toEqual({
      limit: 100,
      remaining: 9,
      windowSeconds: 3600,
      until: NOW + 3_600_000,
    });
  });

  test("with six hours where no window is told", () => {
    expect(readQuota({ limit: "200", remaining: "0" }, NOW)).toEqual({
      limit: 200,
      remaining: 0,
      windowSeconds: 21_600,
      until: NOW + WINDOW_MS,
    });
  });
});

describe("pulls are", () => {
  test.each([
    [100, 100, false, false],
    [100, 10, false, false],
    [100, 9, true, false],
    [200, 20, false, false],
    [200, 19, true, false],
    [200, 1, true, false],
    [100, 0, true, true],
    [5, 1, false, false],
    [5, 0, true, true],
  ])("of %i with %i left low: %s, used up: %s", (limit, remaining, low, usedUp) => {
    const windowSeconds = 21_600;
    const memory = { seen: { limit, remaining, windowSeconds, until: NOW + WINDOW_MS } };
    expect([isLow(memory, NOW), isUsedUp(memory, NOW)]).toEqual([low, usedUp]);
  });

  test("neither, once the window is over", () => {
    const memory = { seen: { limit: 100, remaining: 0, windowSeconds: 21_600, until: NOW } };
    expect([isLow(memory, NOW - 1), isUsedUp(memory, NOW - 1)]).toEqual([true, true]);
    expect([isLow(memory, NOW), isUsedUp(memory, NOW)]).toEqual([false, false]);
  });

  test("neither, as long as nothing is known", () => {
    expect([isLow({ seen: null }, NOW), isUsedUp({ seen: null }, NOW)]).toEqual([false, false]);
  });
});
