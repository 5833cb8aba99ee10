import { describe, expect, test } from "vitest";
import { createShare, type Flights } from "../../src/cache/flight.ts";
import { createClock } from "./stores.ts";

/** A share whose timers fire when they are told to. */
function create() {
  const flights: Flights = new Map();
  const clock = createClock(1_000_000);
  const timers: { readonly ms: number; readonly fire: () => void }[] = [];
  const works: Promise<unknown>[] = [];
  const share = createShare({
    flights,
    later: (work) => void works.push(work),
    now: clock.now,
    startTimer(ms, fire) {
      const timer = { ms, fire };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
    patienceMs: 11_000,
  });
  return { share, flights, clock, timers, settle: () => Promise.all(works) };
}

/** Work that ends when it is told to, and counts how often it was begun. */
function createWork<T>() {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const work = { begun: 0, resolve, reject, run };
  function run(): Promise<T> {
    work.begun++;
    return promise;
  }
  return work;
}

/** Lets everything go on that waits for nothing outside. */
async function breathe(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

describe("the same work", () => {
  test("is done once for all who ask while it is under way", async () => {
    const { share } = create();
    const work = createWork<string>();
    const answers = [1, 2, 3].map(() => share("k", work.run));
    work.resolve("done");
    expect(await Promise.all(answers)).toEqual(["done", "done", "done"]);
    expect(work.begun).toBe(1);
  });

  test("fails for all who wait for it", async () => {
    const { share } = create();
    const work = createWork<string>();
    const answers = Promise.allSettled([share("k", work.run), share("k", work.run)]);
    work.reject(new Error("no"));
    expect((await answers).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(work.begun).toBe(1);
  });

  test("is done anew once it has ended, well or not", async () => {
    const { share, flights, settle } = create();
    await share("k", async () => 1);
    await settle();
    await share("k", () => Promise.reject(new Error("no"))).catch(() => {});
    await settle();
    expect(flights.size).toBe(0);
    expect(await share("k", async () => 3)).toBe(3);
  });

  test("may give null or nothing", async () => {
    const { share } = create();
    const work = createWork<null>();
    const answers = [share("k", work.run), share("k", work.run)];
    work.resolve(null);
    expect(await Promise.all(answers)).toEqual([null, null]);
    expect(work.begun).toBe(1);
  });
});

test("work under another key goes its own way", async () => {
  const { share } = create();
  const never = createWork<string>();
  void share("a", never.run);
  expect(await share("b", async () => "b")).toBe("b");
});

describe("work that never ends", () => {
  test("is waited for as long as was said, then done by whoever waits", async () => {
    const { share, timers } = create();
    void share("k", createWork<string>().run);
    const answer = share("k", async () => "own");
    await breathe();
    expect(timers.map(({ ms }) => ms)).toEqual([11_000]);
    timers[0]?.fire();
    expect(await answer).toBe("own");
  });

  test("is waited for by who comes later only for the rest of that time, if any is left", async () => {
    const { share, clock, timers } = create();
    void share("k", createWork<string>().run);
    clock.ms += 10_000;
    const late = share("k", async () => "late");
    await breathe();
    expect(timers.map(({ ms }) => ms)).toEqual([1_000]);
    clock.ms += 1_000;
    const second = createWork<string>();
    const later = [share("k", second.run), share("k", second.run)];
    timers[0]?.fire();
    await breathe();
    second.resolve("second");
    expect(await Promise.all([late, ...later])).toEqual(["second", "second", "second"]);
    expect(second.begun).toBe(1);
  });

  test("is done once more for all who wait, not once for each", async () => {
    const { share, timers } = create();
    void share("k", createWork<string>().run);
    const second = createWork<string>();
    const answers = [1, 2, 3].map(() => share("k", second.run));
    await breathe();
    for (const { fire } of [...timers]) fire();
    await breathe();
    second.resolve("second");
    expect(await Promise.all(answers)).toEqual(["second", "second", "second"]);
    expect(second.begun).toBe(1);
  });

  test("is waited for twice, and then everybody goes on alone", async () => {
    const { share, timers, clock } = create();
    const never = createWork<string>();
    const answers = [1, 2, 3, 4].map((own) =>
      share("k", () => (own < 3 ? never.run() : Promise.resolve(`own ${own}`))),
    );
    for (let waits = 1; waits <= 2; waits++) {
      await breathe();
      clock.ms += 11_000;
      for (const { fire } of [...timers]) fire();
    }
    expect(await Promise.all(answers.slice(2))).toEqual(["own 3", "own 4"]);
    expect(never.begun).toBe(2);
  });

  test("does not undo its successor when it ends after all", async () => {
    const { share, timers, flights } = create();
    const first = createWork<string>();
    const second = createWork<string>();
    const firstAnswer = share("k", first.run);
    const secondAnswer = share("k", second.run);
    await breathe();
    timers[0]?.fire();
    await breathe();
    first.resolve("first");
    expect(await firstAnswer).toBe("first");
    await breathe();
    expect(flights.size).toBe(1);
    second.resolve("second");
    expect(await secondAnswer).toBe("second");
  });

  test("hurts nobody when it fails after all", async () => {
    const { share, timers } = create();
    const first = createWork<string>();
    const firstAnswer = share("k", first.run).catch(() => "failed");
    const answer = share("k", async () => "own");
    await breathe();
    timers[0]?.fire();
    expect(await answer).toBe("own");
    first.reject(new Error("late"));
    expect(await firstAnswer).toBe("failed");
  });
});

test("no timer is left behind when the work ends in time", async () => {
  const { share, timers } = create();
  const work = createWork<string>();
  const answers = [share("k", work.run), share("k", work.run)];
  await breathe();
  expect(timers.length).toBe(1);
  work.resolve("x");
  await Promise.all(answers);
  expect(timers.length).toBe(0);
});

test("what the platform is to wait for never rejects", async () => {
  const { share, settle } = create();
  await share("k", () => Promise.reject(new Error("no"))).catch(() => {});
  await expect(settle()).resolves.toBeDefined();
});
