import { expect, test } from "vitest";
import { jsonEntry } from "../../src/cache/store.ts";
import { createAbsences } from "../../src/cache/tiers.ts";
import { createVisibilityCache, type Visibility } from "../../src/cache/visibility.ts";
import { createMemory } from "../../src/platform/memory.ts";
import { createFakePlatform } from "../platform/fake-platform.ts";
import { createFakeStore, entryOf } from "./stores.ts";

const WEEK_SECONDS = 604_800;

function create(staleSeconds = 100) {
  const kv = createFakeStore();
  const edge = createFakeStore();
  const platform = createFakePlatform();
  const isolate = () =>
    createVisibilityCache({
      ...{ platform, edge, kv, staleSeconds },
      visibility: createMemory<Visibility>(10),
      absences: createAbsences(createMemory<number>(10), platform.now),
    });
  return { cache: isolate(), isolate, edge, kv, platform };
}

test.each([
  [100, 604_800],
  [2_592_000, 2_592_000],
])(
  "a public result is fresh for a week; with STALE_TTL_SECONDS = %i, stored for %i s",
  async (staleSeconds, seconds) => {
    const { cache, isolate, edge, kv, platform } = create(staleSeconds);
    const visibility = cache.write("k", true);
    await platform.settle();
    expect([edge.calls, kv.calls]).toEqual([[`write k ${seconds}`], [`write k ${seconds}`]]);
    expect(await isolate().read("k")).toEqual({ isPublic: true, checkedAt: platform.ms });
    platform.ms += WEEK_SECONDS * 1000 - 1;
    expect(cache.isFresh(visibility)).toBe(true);
    platform.ms += 1;
    expect(cache.isFresh(visibility)).toBe(false);
  },
);

test("a public result from KV is stored at the edge for the rest of its life", async () => {
  const { cache, isolate, edge, platform } = create();
  cache.write("k", true);
  await platform.settle();
  edge.entries.clear();
  platform.ms += 600_000_000;
  await isolate().read("k");
  await platform.settle();
  expect(edge.writes()).toEqual(["write k 604800", "write k 4800"]);
});

test("a private result is fresh for a minute, in memory only, and removes a public one", async () => {
  const { cache, isolate, edge, kv, platform } = create();
  cache.write("k", true);
  const visibility = cache.write("k", false);
  await platform.settle();
  expect([edge.entries.size, kv.entries.size, await isolate().read("k")]).toEqual([0, 0, null]);
  platform.ms += 59_999;
  expect(cache.isFresh(visibility)).toBe(true);
  platform.ms += 1;
  expect(cache.isFresh(visibility)).toBe(false);
  expect(await cache.read("k")).toEqual(visibility);
});

test("a private result is not removed from KV where it is not stored: deletes are scarce", async () => {
  const { cache, kv, platform } = create();
  cache.write("k", false);
  cache.write("k", false);
  await platform.settle();
  expect(kv.calls).toEqual([]);
});

test("a result is usable when stale for STALE_TTL_SECONDS after its own check", async () => {
  const { cache, platform } = create(2_592_000);
  const visibility = cache.write("k", true);
  platform.ms += 2_592_000_000 - 1;
  cache.recordFailure("k", visibility);
  const extended = (await cache.read("k")) ?? visibility;
  expect([cache.isUsableWhenStale(visibility), cache.isUsableWhenStale(extended)]).toEqual([
    true,
    true,
  ]);
  platform.ms += 1;
  expect([cache.isUsableWhenStale(visibility), cache.isUsableWhenStale(extended)]).toEqual([
    false,
    false,
  ]);
});

test.each([true, false])(
  "after a failed check, a result is fresh for 30 s: public %s",
  async (isPublic) => {
    const { cache, edge, kv, platform } = create(2 * WEEK_SECONDS);
    const visibility = cache.write("k", isPublic);
    platform.ms += WEEK_SECONDS * 1000;
    await platform.settle();
    cache.recordFailure("k", visibility);
    const extended = (await cache.read("k")) ?? visibility;
    expect(extended.isPublic).toBe(isPublic);
    platform.ms += 29_999;
    expect(cache.isFresh(extended)).toBe(true);
    platform.ms += 1;
    expect(cache.isFresh(extended)).toBe(false);
    expect([...edge.writes(), ...kv.writes()]).toHaveLength(isPublic ? 2 : 0);
  },
);

test.each([
  entryOf(""),
  entryOf("{"),
  jsonEntry(null),
  jsonEntry([]),
  jsonEntry({}),
  jsonEntry({ isPublic: true }),
  jsonEntry({ isPublic: "true", checkedAt: 1 }),
  jsonEntry({ isPublic: 1, checkedAt: 1 }),
  jsonEntry({ isPublic: true, checkedAt: "1" }),
  jsonEntry({ isPublic: false, checkedAt: 1 }),
])("an invalid or private record is ignored (%#)", async (entry) => {
  const { cache, kv } = create();
  kv.entries.set("k", entry);
  expect(await cache.read("k")).toBeNull();
});
