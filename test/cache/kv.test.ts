import { describe, expect, test } from "vitest";
import { createKvBudget, createKvStore } from "../../src/cache/kv.ts";
import { createClock, entryOf, noDeadline, textOf } from "./stores.ts";

/** 2026-01-01T18:00:00Z. */
const EVENING = 1_767_290_400_000;
const MIDNIGHT = 1_767_312_000_000;

interface Put {
  readonly key: string;
  readonly options: unknown;
}

/** A namespace that fails with what it is told to, if anything. */
function create(failure: { cause: unknown } = { cause: null }) {
  const clock = createClock(EVENING);
  const puts: Put[] = [];
  const deletes: string[] = [];
  const reports: unknown[] = [];
  const fail = async () => {
    if (failure.cause !== null) throw failure.cause;
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
  const store = createKvStore({
    namespace,
    now: clock.now,
    report: (name, operation, cause) => reports.push([name, operation, String(cause)]),
    deadline: noDeadline,
    budget: createKvBudget(),
  });
  return { store, clock, puts, deletes, reports, failure };
}

describe("the life that KV is told", () => {
  test.each([
    [0, 60],
    [59, 60],
    [60, 60],
    [60.2, 61],
    [2_592_000, 2_592_000],
  ])("for %d s is %i s", async (lifeSeconds, expirationTtl) => {
    const { store, puts } = create();
    await store.write("k", entryOf("x", "a/b"), lifeSeconds);
    expect(puts).toEqual([
      { key: "k", options: { expirationTtl, metadata: { mediaType: "a/b" } } },
    ]);
  });
});

describe("a namespace that fails", () => {
  test("is empty, and the log is told", async () => {
    const { store, reports } = create({ cause: new Error("KV GET failed: 500") });
    expect(await store.read("k")).toBeNull();
    await store.write("k", entryOf("x"), 60);
    await store.delete("k");
    expect(reports).toEqual([
      ["kv", "read", "Error: KV GET failed: 500"],
      ["kv", "write", "Error: KV GET failed: 500"],
      ["kv", "delete", "Error: KV GET failed: 500"],
    ]);
  });

  test.each([
    "KV PUT failed: 429 Too Many Requests",
    "KV PUT failed: 413 Value length of 31004800 exceeds limit of 26214400.",
  ])("for another reason than the day's limit is asked again: %s", async (message) => {
    const { store, puts } = create({ cause: new Error(message) });
    await store.write("k", entryOf("x"), 60);
    await store.write("k", entryOf("x"), 60);
    expect(puts.length).toBe(2);
  });
});

test("five refusals in a row, whatever they say, are the end of the day's writes", async () => {
  const { store, clock, puts, failure } = create({ cause: new Error("no") });
  for (let writes = 0; writes < 7; writes++) await store.write("k", entryOf("x"), 60);
  expect(puts.length).toBe(5);
  failure.cause = null;
  clock.ms = MIDNIGHT;
  await store.write("k", entryOf("x"), 60);
  expect(puts.length).toBe(6);
});

test("a write that succeeds in between starts the count anew", async () => {
  const { store, puts, failure } = create();
  for (let writes = 0; writes < 9; writes++) {
    failure.cause = writes === 4 ? null : new Error("no");
    await store.write("k", entryOf("x"), 60);
  }
  failure.cause = null;
  await store.write("k", entryOf("x"), 60);
  expect(puts.length).toBe(10);
});

test("deletions that KV refuses for the day are not asked for before midnight UTC", async () => {
  const { store, deletes, puts, clock } = create({ cause: new Error("free usage limit") });
  await store.delete("k");
  await store.delete("k");
  expect([deletes.length, puts.length]).toEqual([1, 0]);
  clock.ms = MIDNIGHT;
  await store.delete("k");
  expect(deletes.length).toBe(2);
});

describe("the day's limit", () => {
  test.each([
    "KV put() limit exceeded for the day.",
    "your account has reached the free usage limit for this operation for today",
    "KV PUT failed: 10048",
  ])("%s: nothing more is written until midnight UTC", async (message) => {
    const { store, clock, puts, failure, reports } = create({ cause: new Error(message) });
    await store.write("k", entryOf("x"), 60);
    failure.cause = null;
    clock.ms = MIDNIGHT - 1;
    await store.write("k", entryOf("x"), 60);
    expect(puts.length).toBe(1);
    clock.ms = MIDNIGHT;
    await store.write("k", entryOf("x"), 60);
    expect(puts.length).toBe(2);
    expect(reports.length).toBe(1);
  });

  test("leaves reading as it is", async () => {
    const { store, failure } = create({ cause: new Error("KV put() limit exceeded for the day.") });
    await store.write("k", entryOf("x"), 60);
    failure.cause = null;
    expect(textOf(await store.read("k"))).toBe("abc");
  });

  test("on writes leaves deletions as they are: KV counts them apart", async () => {
    const { store, deletes, failure } = create({
      cause: new Error("KV put() limit exceeded for the day."),
    });
    await store.write("k", entryOf("x"), 60);
    failure.cause = null;
    await store.delete("k");
    expect(deletes).toEqual(["k"]);
  });
});

describe("a list of keys", () => {
  /** A namespace with so many keys, listed so many at a time. */
  function createListed(count: number, pageSize: number) {
    const asked: KVNamespaceListOptions[] = [];
    const namespace = {
      async list(options: KVNamespaceListOptions) {
        asked.push(options);
        const start = Number(options.cursor ?? 0);
        const end = Math.min(start + pageSize, count);
        const keys = Array.from({ length: end - start }, (_, index) => ({
          name: `k${start + index}`,
          expiration: 1_800_000_000 + start + index,
        }));
        return end === count
          ? { keys, list_complete: true }
          : { keys, list_complete: false, cursor: String(end) };
      },
    } as unknown as KVNamespace;
    const reports: unknown[] = [];
    const store = createKvStore({
      namespace,
      now: () => EVENING,
      report: (name, operation, cause) => reports.push([name, operation, String(cause)]),
      deadline: noDeadline,
      budget: createKvBudget(),
    });
    return { store, asked, reports, namespace };
  }

  test("has each with the second in which it ends", async () => {
    const { store, asked } = createListed(2, 10);
    expect(await store.list("k")).toEqual([
      { key: "k0", expiresAt: 1_800_000_000 },
      { key: "k1", expiresAt: 1_800_000_001 },
    ]);
    expect(asked).toEqual([{ prefix: "k", cursor: null }]);
  });

  test("goes on page by page", async () => {
    const { store, asked } = createListed(25, 10);
    expect((await store.list("k")).map(({ key }) => key).at(-1)).toBe("k24");
    expect(asked.map(({ cursor }) => cursor)).toEqual([null, "10", "20"]);
  });

  test("ends at 5,000 keys: lists are counted by the day", async () => {
    const { store, asked } = createListed(20_000, 1000);
    expect((await store.list("k")).length).toBe(5000);
    expect(asked.length).toBe(5);
  });

  test("is empty where there are none, and where KV fails; then the log is told", async () => {
    const { store, namespace, reports } = createListed(0, 10);
    expect(await store.list("k")).toEqual([]);
    expect(reports).toEqual([]);
    namespace.list = async () => {
      throw new Error("KV list() limit exceeded for the day.");
    };
    expect(await store.list("k")).toEqual([]);
    expect(reports).toEqual([["kv", "list", "Error: KV list() limit exceeded for the day."]]);
  });
});
