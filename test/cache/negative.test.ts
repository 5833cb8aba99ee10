import { describe, expect, test } from "vitest";
import { createNegativeCache, type NegativeCache, type Refusal } from "../../src/cache/negative.ts";
import { createMemory } from "../../src/platform/memory.ts";
import { RegistryError } from "../../src/protocol/errors.ts";

const LIMITED = new RegistryError("TOOMANYREQUESTS", "wait", { retryAfterSeconds: 30 });
const TIMED_OUT = new RegistryError("UNAVAILABLE", "too slow", { status: 504 });
const MISSING = new RegistryError("MANIFEST_UNKNOWN", "not found");

type Remembered = Parameters<NegativeCache["guard"]>[1];

function create(freshSeconds = 60) {
  const clock = { ms: 1_000_000, runs: 0 };
  const refusals = createMemory<Refusal>(10);
  const platform = { now: () => clock.ms };
  const negative = createNegativeCache({ refusals, platform, freshSeconds });
  /** Runs guarded work that fails, unless `error` is null. @returns its result or error. */
  const run = (remembered: Remembered, error: unknown, key = "GET k") =>
    negative
      .guard(key, remembered, async () => {
        clock.runs++;
        if (error !== null) throw error;
        return "done";
      })
      .catch((thrown: unknown) => thrown);
  return { negative, run, clock };
}

test("a success is not remembered", async () => {
  const { run, clock } = create();
  expect([await run("limits and missing", null), await run("limits and missing", null)]).toEqual([
    "done",
    "done",
  ]);
  expect(clock.runs).toBe(2);
});

test.each([
  ["limits and missing", LIMITED, 30_000],
  ["limits", LIMITED, 30_000],
  ["limits", TIMED_OUT, 5_000],
  ["limits and missing", TIMED_OUT, 5_000],
  ["limits and missing", MISSING, 60_000],
] as const)("guard of %s remembers %s for %i ms", async (method, error, ms) => {
  const { run, clock } = create();
  expect(await run(method, error)).toBe(error);
  clock.ms += ms - 1;
  expect(await run(method, null)).toBe(error);
  expect(clock.runs).toBe(1);
  clock.ms += 1;
  expect(await run(method, null)).toBe("done");
});

test.each(["HEAD k", "GET j"])("a refusal of GET k does not answer %s", async (key) => {
  const { run } = create();
  await run("limits and missing", LIMITED);
  expect(await run("limits and missing", null, key)).toBe("done");
});

test.each([
  ["limits and missing", new RegistryError("TOOMANYREQUESTS", "without a time")],
  ["limits and missing", new RegistryError("UNAVAILABLE", "x", { retryAfterSeconds: 2 })],
  ["limits and missing", new RegistryError("BLOB_UNKNOWN", "x")],
  ["limits and missing", new RegistryError("NAME_UNKNOWN", "x")],
  ["limits and missing", new RegistryError("DENIED", "x")],
  ["limits and missing", new TypeError("x")],
  ["limits and missing", "x"],
  ["limits", MISSING],
] as const)("guard of %s does not remember %s", async (method, error) => {
  const { run } = create();
  expect(await run(method, error)).toBe(error);
  expect(await run(method, null)).toBe("done");
});

test("a missing manifest is not remembered if tags are not trusted at all", async () => {
  const { run } = create(0);
  await run("limits and missing", MISSING);
  expect(await run("limits and missing", null)).toBe("done");
});

describe("throwIfMissing", () => {
  test("throws as long as the manifest is remembered as missing", async () => {
    const { negative, run, clock } = create();
    await run("limits and missing", MISSING);
    clock.ms += 59_999;
    expect(() => negative.throwIfMissing("GET k")).toThrow("not found");
    expect(() => negative.throwIfMissing("GET j")).not.toThrow();
    clock.ms += 1;
    expect(() => negative.throwIfMissing("GET k")).not.toThrow();
  });

  test("ignores a 429, since a cached manifest can still answer", async () => {
    const { negative, run } = create();
    await run("limits and missing", LIMITED);
    expect(() => negative.throwIfMissing("GET k")).not.toThrow();
  });
});
