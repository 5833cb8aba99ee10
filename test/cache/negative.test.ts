import { describe, expect, test } from "vitest";
import { createMemory } from "../../src/cache/memory.ts";
import { createRefusalCache, type Refusal, type RefusalCache } from "../../src/cache/refusal.ts";
import { RegistryError } from "../../src/protocol/errors.ts";
import { createClock } from "./stores.ts";

function create(missingSeconds = 60) {
  const clock = createClock(1_000_000);
  const memory = createMemory<Refusal>(10);
  const refusals = createRefusalCache({ memory, now: clock.now, missingSeconds });
  let asked = 0;
  const askBy = (guard: RefusalCache["guard"]) => (key: string, error: unknown) =>
    guard(key, async () => {
      asked++;
      if (error !== null) throw error;
      return "done";
    }).catch((thrown: unknown) => thrown);
  const [ask, askLimit] = [askBy(refusals.guard), askBy(refusals.guardLimit)];
  return { refusals, ask, askLimit, clock, asked: () => asked };
}

const limited = new RegistryError("TOOMANYREQUESTS", "wait", { retryAfterSeconds: 30 });
const missing = new RegistryError("MANIFEST_UNKNOWN", "not there");

test("what succeeds is given back and remembered by nobody", async () => {
  const { ask, asked } = create();
  expect(await ask("k", null)).toBe("done");
  expect(await ask("k", null)).toBe("done");
  expect(asked()).toBe(2);
});

describe("429", () => {
  test("is not asked again until the time that it told", async () => {
    const { ask, clock, asked } = create();
    expect(await ask("k", limited)).toBe(limited);
    clock.ms += 29_999;
    expect(await ask("k", null)).toBe(limited);
    expect(asked()).toBe(1);
    clock.ms += 1;
    expect(await ask("k", null)).toBe("done");
    expect(asked()).toBe(2);
  });

  test("five retries at once are one call", async () => {
    const { ask, asked } = create();
    for (let tries = 0; tries < 5; tries++) await ask("k", limited);
    expect(asked()).toBe(1);
  });

  test("that tells no time is asked again", async () => {
    const { ask, asked } = create();
    await ask("k", new RegistryError("TOOMANYREQUESTS", "wait"));
    await ask("k", null);
    expect(asked()).toBe(2);
  });

  test("is for its own key alone", async () => {
    const { ask } = create();
    await ask("k", limited);
    expect(await ask("j", null)).toBe("done");
  });
});

describe("a manifest that is not there", () => {
  test("is not asked for again for as long as was said", async () => {
    const { ask, clock, asked } = create(60);
    await ask("k", missing);
    clock.ms += 59_999;
    expect(await ask("k", null)).toBe(missing);
    clock.ms += 1;
    expect(await ask("k", null)).toBe("done");
    expect(asked()).toBe(2);
  });

  test("is asked for again at once where nothing is trusted", async () => {
    const { ask, asked } = create(0);
    await ask("k", missing);
    await ask("k", missing);
    expect(asked()).toBe(2);
  });
});

describe("guardLimit", () => {
  test("remembers 429 until the time that it told", async () => {
    const { askLimit, clock, asked } = create();
    await askLimit("k", limited);
    clock.ms += 29_999;
    expect(await askLimit("k", null)).toBe(limited);
    clock.ms += 1;
    expect(await askLimit("k", null)).toBe("done");
    expect(asked()).toBe(2);
  });

  test("asks again at once for what was not there", async () => {
    const { askLimit, asked } = create();
    expect(await askLimit("k", missing)).toBe(missing);
    expect(await askLimit("k", null)).toBe("done");
    expect(asked()).toBe(2);
  });
});

describe("throwIfMissing", () => {
  test("throws what was missing, for as long as that is remembered", async () => {
    const { refusals, ask, clock } = create(60);
    await ask("k", missing);
    clock.ms += 59_999;
    expect(() => refusals.throwIfMissing("k")).toThrow("not there");
    expect(() => refusals.throwIfMissing("j")).not.toThrow();
    clock.ms += 1;
    expect(() => refusals.throwIfMissing("k")).not.toThrow();
  });

  test("lets a 429 pass: what is in a cache can be answered all the same", async () => {
    const { refusals, ask } = create();
    await ask("k", limited);
    expect(() => refusals.throwIfMissing("k")).not.toThrow();
  });
});

test.each([
  ["UNAVAILABLE", new RegistryError("UNAVAILABLE", "x", { retryAfterSeconds: 2 })],
  ["BLOB_UNKNOWN", new RegistryError("BLOB_UNKNOWN", "x")],
  ["NAME_UNKNOWN", new RegistryError("NAME_UNKNOWN", "x")],
  ["DENIED", new RegistryError("DENIED", "x")],
  ["an error that nobody foresaw", new TypeError("x")],
  ["what is no error", "x"],
])("%s is not remembered", async (_, error) => {
  const { ask, asked } = create();
  expect(await ask("k", error)).toBe(error);
  expect(await ask("k", null)).toBe("done");
  expect(asked()).toBe(2);
});
