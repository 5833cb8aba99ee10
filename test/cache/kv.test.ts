import { describe, expect, test } from "vitest";
import { createKvBudget, createKvStore } from "../../src/cache/kv.ts";
import { createReports, entryOf, expiredTimeout, noTimeout, textOf } from "./stores.ts";

/** 2026-01-01T18:00:00Z. */
const EVENING = 1_767_290_400_000;
const MIDNIGHT = 1_767_312_000_000;
const DAILY_LIMIT = "KV put() limit exceeded for the day.";

/** A namespace that fails with `state.failure`, if it is not null. */
function create(failure: string | null = null, timeout = noTimeout) {
  const state = { failure, ms: EVENING };
  const puts: unknown[] = [];
  const deletes: string[] = [];
  const { reports, report } = createReports();
  const fail = async () => {
    if (state.failure !== null) throw new Error(state.failure);
  };
  const namespace = {
    getWithMetadata: async () => {
      await fail();
      return { value: new TextEncoder().encode("abc").buffer, metadata: { mediaType: "a/b" } };
    },
    put: async (key: string, _: unknown, options: unknown) => {
      puts.push({ key, options });
      await fail();
    },
    delete: async (key: string) => {
      deletes.push(key);
      await fail();
    },
  } as unknown as KVNamespace;
  const now = () => state.ms;
  const store = createKvStore({ namespace, now, report, timeout, budget: createKvBudget() });
  const write = () => store.write("k", entryOf("x"), 60);
  return { store, write, state, puts, deletes, reports };
}

test.each([
  [-5, 60],
  [0, 60],
  [60, 60],
  [60.2, 61],
  [2_592_000, 2_592_000],
])("a life of %d s is written as a TTL of %i s", async (lifeSeconds, expirationTtl) => {
  const { store, puts } = create();
  const entry = { ...entryOf("x", "a/b"), rewriteAt: 123 };
  expect(await store.write("k", entry, lifeSeconds)).toBe(true);
  const metadata = { mediaType: "a/b", rewriteAt: 123 };
  expect(puts).toEqual([{ key: "k", options: { expirationTtl, metadata } }]);
});

test("a namespace that fails is empty, and each failure is reported", async () => {
  const { store, write, reports } = create("KV failed: 500");
  expect([await store.read("k"), await write()]).toEqual([null, false]);
  await store.remove("k");
  expect(reports).toEqual([
    "kv read: Error: KV failed: 500",
    "kv write: Error: KV failed: 500",
    "kv delete: Error: KV failed: 500",
  ]);
  expect(await create(null, expiredTimeout).store.read("k")).toBeNull();
});

describe("the daily budget", () => {
  test.each([
    DAILY_LIMIT,
    "your account has reached the free usage limit for this operation for today",
    "KV PUT failed: 10048",
  ])("is used up after %j: no write before midnight UTC", async (message) => {
    const { write, state, puts, reports } = create(message);
    await write();
    state.failure = null;
    state.ms = MIDNIGHT - 1;
    expect(await write()).toBe(false);
    expect(puts).toHaveLength(1);
    state.ms = MIDNIGHT;
    expect(await write()).toBe(true);
    expect(puts).toHaveLength(2);
    expect(reports).toHaveLength(1);
  });

  test("for writes does not affect reads and deletes", async () => {
    const { store, write, state, deletes } = create(DAILY_LIMIT);
    await write();
    state.failure = null;
    expect(textOf(await store.read("k"))).toBe("abc");
    await store.remove("k");
    expect(deletes).toEqual(["k"]);
  });

  test("for deletes does not affect writes", async () => {
    const { store, write, state, deletes } = create("free usage limit");
    await store.remove("k");
    await store.remove("k");
    expect(deletes).toHaveLength(1);
    state.failure = null;
    expect(await write()).toBe(true);
    state.ms = MIDNIGHT;
    await store.remove("k");
    expect(deletes).toHaveLength(2);
  });
});

describe("after any other failure, KV is not written", () => {
  test("for a second, then twice as long each time, up to five minutes", async () => {
    const { write, state, puts } = create("KV PUT failed: 500");
    await write();
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
      const attempts = puts.length;
      state.ms += seconds * 1000 - 1;
      await write();
      expect(puts).toHaveLength(attempts);
      state.ms += 1;
      await write();
      expect(puts).toHaveLength(attempts + 1);
    }
  });

  test("for a second again, once a write has succeeded", async () => {
    const { write, state, puts } = create("KV PUT failed: 500");
    await write();
    state.ms += 1_000;
    state.failure = null;
    expect(await write()).toBe(true);
    state.failure = "KV PUT failed: 500";
    await write();
    state.ms += 1_000;
    await write();
    expect(puts).toHaveLength(4);
  });
});

test("a second write to one key within a second is no failure, and pauses nothing", async () => {
  const { write, state, puts, reports } = create("KV PUT failed: 429 Too Many Requests");
  expect([await write(), await write()]).toEqual([false, false]);
  state.failure = null;
  expect(await write()).toBe(true);
  expect([puts.length, reports]).toEqual([3, []]);
});
