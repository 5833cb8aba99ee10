import { describe, expect, test } from "vitest";
import { createSingleFlight, type Flights, unshared } from "../../src/platform/single-flight.ts";
import { createFakePlatform, runMicrotasks } from "./fake-platform.ts";

const MAX_AGE_MS = 11_000;

function create() {
  const flights: Flights = new Map();
  const platform = createFakePlatform();
  const singleFlight = createSingleFlight({ platform, flights, maxAgeMs: MAX_AGE_MS });
  return { singleFlight, flights, platform };
}

/** Work that ends when a test ends it, and counts its runs. */
function createWork<T>() {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const work = { runs: 0, resolve, reject, run };
  function run(): Promise<T> {
    work.runs++;
    return promise;
  }
  return work;
}

describe("concurrent requests with one key", () => {
  test.each(["done", null])(
    "run the work once, and all but the first are collapsed: %j",
    async (value) => {
      const { singleFlight, platform } = create();
      const work = createWork<string | null>();
      const results = [1, 2, 3].map(() => singleFlight("k", work.run));
      await runMicrotasks();
      work.resolve(value);
      expect(await Promise.all(results)).toEqual([
        { value, isCollapsed: false },
        { value, isCollapsed: true },
        { value, isCollapsed: true },
      ]);
      expect(work.runs).toBe(1);
      expect(platform.timers()).toEqual([]);
    },
  );

  test("share a failure", async () => {
    const { singleFlight, platform } = create();
    const work = createWork<string>();
    const results = [singleFlight("k", work.run), singleFlight("k", work.run)];
    work.reject(new Error("broken"));
    for (const result of results) await expect(result).rejects.toThrow("broken");
    expect(work.runs).toBe(1);
    await expect(platform.settle()).resolves.toBeUndefined();
  });
});

test("work that has ended, with or without a result, runs again", async () => {
  const { singleFlight, flights, platform } = create();
  await singleFlight("k", async () => 1);
  await platform.settle();
  await singleFlight("k", () => Promise.reject(new Error("broken"))).catch(() => {});
  await platform.settle();
  expect(flights.size).toBe(0);
  expect(await singleFlight("k", async () => 3)).toEqual({ value: 3, isCollapsed: false });
});

test("work with another key runs by itself", async () => {
  const { singleFlight } = create();
  void singleFlight("a", createWork<string>().run);
  expect(await singleFlight("b", async () => "b")).toEqual({ value: "b", isCollapsed: false });
});

test("unshared work always runs", async () => {
  const work = createWork<string>();
  const results = [unshared("k", work.run), unshared("k", work.run)];
  work.resolve("done");
  expect(await Promise.all(results)).toEqual([
    { value: "done", isCollapsed: false },
    { value: "done", isCollapsed: false },
  ]);
  expect(work.runs).toBe(2);
});

describe("work that never ends", () => {
  test.each([
    [10_000, [1_000]],
    [MAX_AGE_MS, []],
  ])("is waited for until it is too old: %i ms after its start", async (ageMs, timers) => {
    const { singleFlight, platform } = create();
    void singleFlight("k", createWork<string>().run);
    platform.ms += ageMs;
    const result = singleFlight("k", async () => "own");
    await runMicrotasks();
    expect(platform.timers()).toEqual(timers);
    platform.expire();
    expect(await result).toEqual({ value: "own", isCollapsed: false });
  });

  test("runs once more for all waiting requests, not once for each", async () => {
    const { singleFlight, platform } = create();
    void singleFlight("k", createWork<string>().run);
    const second = createWork<string>();
    const results = [1, 2, 3].map(() => singleFlight("k", second.run));
    await runMicrotasks();
    platform.expire();
    await runMicrotasks();
    second.resolve("second");
    expect((await Promise.all(results)).map(({ value }) => value)).toEqual(Array(3).fill("second"));
    expect(second.runs).toBe(1);
  });

  test("is waited for twice, then each waiting request runs it", async () => {
    const { singleFlight, platform } = create();
    const never = createWork<string>();
    const results = [1, 2, 3, 4].map((own) =>
      singleFlight("k", () => (own < 3 ? never.run() : Promise.resolve(`own ${own}`))),
    );
    for (let waits = 1; waits <= 2; waits++) {
      await runMicrotasks();
      platform.ms += MAX_AGE_MS;
      platform.expire();
    }
    expect((await Promise.all(results.slice(2))).map(({ value }) => value)).toEqual([
      "own 3",
      "own 4",
    ]);
    expect(never.runs).toBe(2);
  });

  test.each([
    ["result", (work: ReturnType<typeof createWork<string>>) => work.resolve("first")],
    ["failure", (work: ReturnType<typeof createWork<string>>) => work.reject(new Error("late"))],
  ])("does not disturb its successor with a late %s", async (_, end) => {
    const { singleFlight, flights, platform } = create();
    const first = createWork<string>();
    const second = createWork<string>();
    const firstResult = singleFlight("k", first.run).catch(() => {});
    const secondResult = singleFlight("k", second.run);
    await runMicrotasks();
    platform.expire();
    await runMicrotasks();
    end(first);
    await firstResult;
    await runMicrotasks();
    expect(flights.size).toBe(1);
    second.resolve("second");
    expect((await secondResult).value).toBe("second");
  });
});

describe("at most 1,000 pieces of work are shared:", () => {
  function createFull() {
    const created = create();
    for (let index = 0; index < 1_000; index++) {
      void created.singleFlight(`k${index}`, createWork<string>().run);
    }
    return created;
  }

  test("further work runs unshared", async () => {
    const { singleFlight, flights } = createFull();
    const work = createWork<string>();
    const results = [singleFlight("x", work.run), singleFlight("x", work.run)];
    expect(flights.size).toBe(1_000);
    work.resolve("done");
    await Promise.all(results);
    expect(work.runs).toBe(2);
  });

  test("work that is too old makes room", async () => {
    const { singleFlight, flights, platform } = createFull();
    platform.ms += MAX_AGE_MS + 1;
    void singleFlight("x", createWork<string>().run);
    await runMicrotasks();
    expect([...flights.keys()]).toEqual(["x"]);
  });
});
