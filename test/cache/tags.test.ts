import { describe, expect, test } from "vitest";
import { jsonEntry } from "../../src/cache/store.ts";
import { createTagCache, type TagRecord } from "../../src/cache/tags.ts";
import { createAbsences } from "../../src/cache/tiers.ts";
import { createMemory } from "../../src/platform/memory.ts";
import type { Descriptor } from "../../src/protocol/descriptor.ts";
import type { Digest } from "../../src/protocol/digest.ts";
import { createFakePlatform, runMicrotasks } from "../platform/fake-platform.ts";
import { createFakeStore, entryOf } from "./stores.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const A = descriptor("a");
const B = descriptor("b");

function descriptor(digit: string): Descriptor {
  const digest = `sha256:${digit.repeat(64)}` as Digest;
  return { digest, mediaType: "application/vnd.oci.image.index.v1+json", size: 5 };
}

function create({ freshSeconds = 60, staleSeconds = 2_592_000 } = {}) {
  const edge = createFakeStore();
  const kv = createFakeStore();
  const platform = createFakePlatform();
  const isolate = () =>
    createTagCache({
      ...{ platform, edge, kv, freshSeconds, staleSeconds },
      tags: createMemory<TagRecord>(10),
      persistedTags: createMemory<readonly string[]>(10),
      absences: createAbsences(createMemory<number>(10), platform.now),
    });
  const cache = isolate();
  /** Records a check for a pull, by this isolate or another. */
  const check = async (descriptor: Descriptor, checker = cache) => {
    const known = await checker.read("k");
    const record = checker.write("k", descriptor, known);
    checker.persist("k", record, known === null);
    await platform.settle();
    return checker.peek("k") ?? record;
  };
  /** @returns the record as an isolate of another data centre reads it from KV. */
  const readElsewhere = async () => {
    edge.entries.clear();
    const record = await isolate().read("k");
    if (record === null) throw new Error("KV has no record");
    return record;
  };
  return { cache, isolate, check, readElsewhere, edge, kv, platform };
}

/** @returns the record of another data centre, as KV has it. */
function recordIn(descriptor: Descriptor, checkedAt: number) {
  return jsonEntry({ ...descriptor, checkedAt, slackMs: 0, persistedAt: checkedAt });
}

describe("a record", () => {
  test.each([
    [60, 59_999],
    [0, -1],
  ])("is fresh for TAG_TTL_SECONDS = %i", async (freshSeconds, lastMs) => {
    const { cache, check, platform } = create({ freshSeconds });
    const record = await check(A);
    platform.ms += lastMs;
    expect(cache.isFresh(record)).toBe(true);
    platform.ms += 1;
    expect(cache.isFresh(record)).toBe(false);
  });

  test.each([
    [600, 599_999],
    [0, -1],
  ])("is usable when stale for STALE_TTL_SECONDS = %i", async (staleSeconds, lastMs) => {
    const { cache, check, platform } = create({ staleSeconds });
    const record = await check(A);
    platform.ms += lastMs;
    expect(cache.isUsableWhenStale(record)).toBe(true);
    platform.ms += 1;
    expect([await cache.read("k"), cache.isUsableWhenStale(record)]).toEqual([record, false]);
  });

  test("is answered from memory without a store while it is fresh", async () => {
    const { cache, check, edge, kv } = create();
    const record = await check(A);
    edge.calls.length = kv.calls.length = 0;
    expect([cache.peek("k"), await cache.read("k")]).toEqual([record, record]);
    expect([edge.calls, kv.calls]).toEqual([[], []]);
  });

  test("is looked for at the edge once it has expired: another isolate may have checked", async () => {
    const { cache, check, edge, platform } = create();
    await check(A);
    platform.ms += 60_000;
    edge.entries.set("k", recordIn(B, platform.ms));
    expect((await cache.read("k"))?.digest).toBe(B.digest);
  });

  test("is removed from every tier", async () => {
    const { cache, check, edge, kv, platform } = create();
    await check(A);
    cache.remove("k");
    await platform.settle();
    expect([edge.entries.size, kv.entries.size, await cache.read("k")]).toEqual([0, 0, null]);
  });

  test.each([
    entryOf("x"),
    jsonEntry({ mediaType: "a/b", size: 1, checkedAt: 1, slackMs: 0, persistedAt: 1 }),
    jsonEntry({ ...A, digest: "sha256:x", checkedAt: 1, slackMs: 0, persistedAt: 1 }),
    jsonEntry({ ...A, size: null, checkedAt: 1, slackMs: 0, persistedAt: 1 }),
    jsonEntry({ ...A, mediaType: 1, checkedAt: 1, slackMs: 0, persistedAt: 1 }),
    jsonEntry({ ...A, checkedAt: "now", slackMs: 0, persistedAt: 1 }),
    jsonEntry({ ...A, checkedAt: 1, persistedAt: 1 }),
    jsonEntry({ ...A, checkedAt: 1, slackMs: 0 }),
  ])("is ignored if it is invalid (%#)", async (entry) => {
    const { cache, edge, kv } = create();
    edge.entries.set("k", entry);
    kv.entries.set("k", entry);
    expect(await cache.read("k")).toBeNull();
  });
});

describe("the stores keep a record", () => {
  test("for STALE_TTL_SECONDS, and in KV for the time until the next write as well", async () => {
    const { check, edge, kv } = create();
    await check(A);
    // 30 days, and 7 more.
    expect(kv.writes()).toEqual(["write k 3196800"]);
    // The second one has the date of the write to KV.
    expect(edge.writes()).toEqual(["write k 2592000", "write k 2592000"]);
  });

  test("for the rest of that time if the edge copies it from KV", async () => {
    const { check, readElsewhere, edge, platform } = create();
    await check(A);
    platform.ms += 36 * DAY_MS;
    await readElsewhere();
    await platform.settle();
    expect(edge.writes().at(-1)).toBe("write k 86400");
  });

  test("for TAG_TTL_SECONDS if that is longer", async () => {
    const { check, edge } = create({ freshSeconds: 600, staleSeconds: 60 });
    await check(A);
    expect(edge.writes()[0]).toBe("write k 600");
  });
});

describe("a record from KV is usable when stale", () => {
  test("for STALE_TTL_SECONDS after the last check, though KV was last written 6 days before", async () => {
    const { cache, check, readElsewhere, kv, platform } = create();
    await check(A);
    platform.ms += 6 * DAY_MS;
    await check(A);
    expect(kv.writes()).toHaveLength(1);
    platform.ms += 30 * DAY_MS;
    expect(cache.isUsableWhenStale(await readElsewhere())).toBe(true);
    platform.ms += DAY_MS;
    expect(cache.isUsableWhenStale(await readElsewhere())).toBe(false);
  });

  test.each([
    [3_600, 7_199_999],
    [0, -1],
  ])("for at most twice STALE_TTL_SECONDS = %i", async (staleSeconds, lastMs) => {
    const { cache, check, readElsewhere, platform } = create({ staleSeconds });
    await check(A);
    const record = await readElsewhere();
    platform.ms += lastMs;
    expect(cache.isUsableWhenStale(record)).toBe(true);
    platform.ms += 1;
    expect(cache.isUsableWhenStale(record)).toBe(false);
  });
});

describe("KV is written", () => {
  /** @returns the number of writes, if checks `stepMs` apart find these manifests. */
  async function writes(found: readonly Descriptor[], stepMs: number, staleSeconds = 2_592_000) {
    const { check, kv, platform } = create({ staleSeconds });
    for (const descriptor of found) {
      await check(descriptor);
      platform.ms += stepMs;
    }
    return kv.writes().length;
  }

  test.each([
    ["once for a manifest that does not change", [A, A, A, A], 61_000, undefined, 1],
    ["for each change", [A, B, B, A], 61_000, undefined, 3],
    ["again after a week", [A, A, A], 7 * DAY_MS, undefined, 3],
    ["not again within a week", [A, A, A], 3 * DAY_MS, undefined, 1],
    ["at most daily, even if nothing may be stale", [A, A, A, A], DAY_MS / 3, 0, 2],
  ])("%s", async (_, found, stepMs, staleSeconds, expected) => {
    expect(await writes(found, stepMs, staleSeconds)).toBe(expected);
  });

  test("not for a check alone, which may be for a made-up name", async () => {
    const { cache, edge, kv, platform } = create();
    const record = cache.write("k", A, null);
    await platform.settle();
    expect([edge.entries.has("k"), kv.calls]).toEqual([true, []]);
    cache.persist("k", record, false);
    cache.persist("k", cache.peek("k") ?? record, false);
    await platform.settle();
    expect(kv.calls).toEqual(["read k", "write k 3196800"]);
  });

  test("without a read before if KV had no record", async () => {
    const { check, kv } = create();
    await check(A);
    // One read before the check.
    expect(kv.calls).toEqual(["read k", "write k 3196800"]);
  });

  test("not again if another data centre has written the same manifest", async () => {
    const { cache, check, kv, platform } = create();
    await check(A);
    kv.entries.set("k", recordIn(B, platform.ms));
    platform.ms += 6 * DAY_MS;
    await check(B);
    expect(kv.writes()).toHaveLength(1);
    // The date of that write counts, not the date of the check.
    platform.ms += DAY_MS;
    await check(B);
    expect(kv.writes()).toHaveLength(2);
    expect(cache.peek("k")?.persistedAt).toBe(platform.ms);
  });

  test("a minute after KV refused it, however often the tag is used meanwhile", async () => {
    const { cache, check, kv, platform } = create();
    kv.isRefusing = true;
    let record = await check(A);
    const use = async () => {
      cache.persist("k", record, false);
      await platform.settle();
      record = cache.peek("k") ?? record;
      return kv.writes().length;
    };
    platform.ms += 59_999;
    expect([await use(), await use()]).toEqual([1, 1]);
    platform.ms += 1;
    expect([await use(), await use()]).toEqual([2, 2]);
  });

  test.each(["this isolate", "another isolate"])(
    "at the next check after KV refused it, by %s",
    async (checker) => {
      const { cache, isolate, check, kv, platform } = create();
      kv.isRefusing = true;
      await check(A);
      kv.isRefusing = false;
      const next = checker === "this isolate" ? cache : isolate();
      for (let checks = 0; checks < 3; checks++) {
        platform.ms += 61_000;
        await check(A, next);
      }
      expect([kv.writes().length, kv.entries.has("k")]).toEqual([2, true]);
    },
  );
});

test("a refusal by KV that arrives late does not replace a newer record", async () => {
  const { cache, kv, platform } = create();
  const slow = Promise.withResolvers<boolean>();
  kv.write = () => slow.promise;
  cache.persist("k", cache.write("k", A, null), true);
  await runMicrotasks();
  kv.write = async () => true;
  cache.persist("k", cache.write("k", B, null), true);
  slow.resolve(false);
  await platform.settle();
  expect(cache.peek("k")?.digest).toBe(B.digest);
});

describe("latest", () => {
  test.each([
    ["newer", 1, B],
    ["older", -1, A],
  ])("prefers the newer record if KV has an %s one", async (_, ms, expected) => {
    const { cache, check, kv, platform } = create();
    const known = await check(A);
    kv.entries.set("k", recordIn(B, platform.ms + ms));
    expect((await cache.latest("k", known)).digest).toBe(expected.digest);
    expect(cache.peek("k")?.digest).toBe(expected.digest);
  });

  test("returns the known record if KV has none", async () => {
    const { cache, check, kv } = create();
    const known = await check(A);
    kv.entries.clear();
    expect(await cache.latest("k", known)).toBe(known);
  });
});
