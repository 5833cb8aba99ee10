import { describe, expect, test } from "vitest";
import { createMemory } from "../../src/platform/memory.ts";
import { createSingleFlight, type Flights, unshared } from "../../src/platform/single-flight.ts";
import { TimeoutError } from "../../src/platform/timeout.ts";
import { createFakePlatform, runMicrotasks } from "./fake-platform.ts";

const MAX_AGE_MS = 11_000;

function create() {
  const flights: Flights = createMemory(1_000);
  const platform = createFakePlatform();
  const usage: { startedAt: number | null } = { startedAt: null };
  const singleFlight = createSingleFlight({ platform, flights, usage, maxAgeMs: MAX_AGE_MS });
  return { singleFlight, flights, platform, usage };
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

  test("share a timeout of the work as a failure of it, and then run it themselves", async () => {
    const { singleFlight, platform } = create();
    const work = createWork<string>();
    const results = [singleFlight("k", work.run), singleFlight("k", async () => "own")];
    work.reject(new TimeoutError(1));
    await expect(results[0]).rejects.toThrow(TimeoutError);
    expect((await results[1])?.value).toBe("own");
    await platform.settle();
  });

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

describe("waiting for another request's work", () => {
  function createTwo() {
    const flights: Flights = createMemory(1_000);
    const platform = createFakePlatform();
    const owner: { startedAt: number | null } = { startedAt: null };
    const waiter: { startedAt: number | null } = { startedAt: null };
    const flightsOf = (usage: typeof owner) =>
      createSingleFlight({ platform, flights, usage, maxAgeMs: MAX_AGE_MS });
    const work = createWork<string>();
    const first = flightsOf(owner)("k", work.run);
    first.catch(() => {});
    return { platform, owner, waiter, work, wait: () => flightsOf(waiter)("k", work.run) };
  }

  test.each(["result", "failure"])("counts from its request upstream, with a %s", async (end) => {
    const { platform, owner, waiter, work, wait } = createTwo();
    const shared = wait();
    owner.startedAt = platform.ms += 2_000;
    const { startedAt } = owner;
    platform.ms += 5_000;
    if (end === "result") work.resolve("done");
    else work.reject(new Error("broken"));
    await shared.catch(() => {});
    expect(waiter.startedAt).toBe(startedAt);
  });

  test("counts from its own start, if the work began before", async () => {
    const { platform, owner, waiter, work, wait } = createTwo();
    owner.startedAt = platform.ms;
    platform.ms += 3_000;
    const joinedAt = platform.ms;
    const shared = wait();
    platform.ms += 5_000;
    work.resolve("done");
    await shared;
    expect(waiter.startedAt).toBe(joinedAt);
  });

  test("does not change an earlier start", async () => {
    const { platform, owner, waiter, work, wait } = createTwo();
    waiter.startedAt = 1;
    owner.startedAt = platform.ms;
    work.resolve("done");
    await wait();
    expect(waiter.startedAt).toBe(1);
  });

  test("does not count if the work made no request upstream", async () => {
    const { waiter, work, wait } = createTwo();
    const shared = wait();
    work.resolve("done");
    await shared;
    expect(waiter.startedAt).toBeNull();
  });

  test("does not count if the work never ends", async () => {
    const { platform, owner, waiter, work, wait } = createTwo();
    owner.startedAt = platform.ms;
    const own = wait();
    await runMicrotasks();
    platform.expire();
    work.resolve("its own");
    expect((await own).value).toBe("its own");
    expect(waiter.startedAt).toBeNull();
  });
});

test("work that has ended, with or without a result, runs again", async () => {
  const { singleFlight, flights, platform } = create();
  await singleFlight("k", async () => 1);
  await platform.settle();
  await singleFlight("k", () => Promise.reject(new Error("broken"))).catch(() => {});
  await platform.settle();
  expect(flights.get("k")).toBeUndefined();
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

  test("is waited for until it is too old, counted from its first request upstream", async () => {
    const { singleFlight, platform, usage } = create();
    void singleFlight("k", createWork<string>().run);
    const result = singleFlight("k", async () => "own");
    await runMicrotasks();
    platform.ms += 4_000;
    usage.startedAt = platform.ms;
    platform.ms += MAX_AGE_MS - 4_000;
    platform.expire();
    await runMicrotasks();
    expect(platform.timers()).toEqual([4_000]);
    platform.expire();
    expect(await result).toEqual({ value: "own", isCollapsed: false });
  });

  test("is not waited for by a request that comes when its time upstream is over", async () => {
    const { singleFlight, platform, usage } = create();
    usage.startedAt = platform.ms - MAX_AGE_MS;
    void singleFlight("k", createWork<string>().run);
    expect((await singleFlight("k", async () => "own")).value).toBe("own");
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
    const { singleFlight, platform } = create();
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
    const third = singleFlight("k", async () => "third");
    second.resolve("second");
    expect((await secondResult).value).toBe("second");
    expect((await third).value).toBe("second");
  });
});

test("work for which there is no more room is not shared", async () => {
  const { singleFlight } = create();
  const work = createWork<string>();
  const first = singleFlight("k", work.run);
  for (let index = 0; index < 1_000; index++) {
    void singleFlight(`k${index}`, createWork<string>().run);
  }
  const second = singleFlight("k", work.run);
  work.resolve("done");
  expect([await first, await second].map(({ isCollapsed }) => isCollapsed)).toEqual([false, false]);
  expect(work.runs).toBe(2);
});
