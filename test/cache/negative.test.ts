import { describe, expect, test } from "vitest";
import { createNegativeCache, type Refusal } from "../../src/cache/negative.ts";
import { createMemory } from "../../src/platform/memory.ts";
import { RegistryError } from "../../src/protocol/errors.ts";

const LIMITED = new RegistryError("TOOMANYREQUESTS", "wait", { retryAfterSeconds: 30 });
const MISSING = new RegistryError("MANIFEST_UNKNOWN", "not found");

function create(missingSeconds = 60) {
  const clock = { ms: 1_000_000, runs: 0 };
  const memory = createMemory<Refusal>(10);
  const negative = createNegativeCache({ memory, now: () => clock.ms, missingSeconds });
  /** Runs guarded work that fails, unless `error` is null. @returns its result or error. */
  const run = (method: "guard" | "guardLimit", error: unknown, key = "GET k") =>
    negative[method](key, async () => {
      clock.runs++;
      if (error !== null) throw error;
      return "done";
    }).catch((thrown: unknown) => thrown);
  return { negative, run, clock };
}

test("a success is not remembered", async () => {
  const { run, clock } = create();
  expect([await run("guard", null), await run("guard", null)]).toEqual(["done", "done"]);
  expect(clock.runs).toBe(2);
});

test.each([
  ["guard", LIMITED, 30_000],
  ["guardLimit", LIMITED, 30_000],
  ["guard", MISSING, 60_000],
] as const)("%s remembers %s for %i ms", async (method, error, ms) => {
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
  await run("guard", LIMITED);
  expect(await run("guard", null, key)).toBe("done");
});

test.each([
  ["guard", new RegistryError("TOOMANYREQUESTS", "without a time")],
  ["guard", new RegistryError("UNAVAILABLE", "x", { retryAfterSeconds: 2 })],
  ["guard", new RegistryError("BLOB_UNKNOWN", "x")],
  ["guard", new RegistryError("NAME_UNKNOWN", "x")],
  ["guard", new RegistryError("DENIED", "x")],
  ["guard", new TypeError("x")],
  ["guard", "x"],
  ["guardLimit", MISSING],
] as const)("%s does not remember %s", async (method, error) => {
  const { run } = create();
  expect(await run(method, error)).toBe(error);
  expect(await run(method, null)).toBe("done");
});

test("a missing manifest is not remembered if tags are not trusted at all", async () => {
  const { run } = create(0);
  await run("guard", MISSING);
  expect(await run("guard", null)).toBe("done");
});

describe("throwIfMissing", () => {
  test("throws as long as the manifest is remembered as missing", async () => {
    const { negative, run, clock } = create();
    await run("guard", MISSING);
    clock.ms += 59_999;
    expect(() => negative.throwIfMissing("GET k")).toThrow("not found");
    expect(() => negative.throwIfMissing("GET j")).not.toThrow();
    clock.ms += 1;
    expect(() => negative.throwIfMissing("GET k")).not.toThrow();
  });

  test("ignores a 429, since a cached manifest can still answer", async () => {
    const { negative, run } = create();
    await run("guard", LIMITED);
    expect(() => negative.throwIfMissing("GET k")).not.toThrow();
  });
});
