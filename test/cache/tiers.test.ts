import { describe, expect, test } from "vitest";
import { type Entry, jsonEntry } from "../../src/cache/store.ts";
import { createAbsences, createTieredCache } from "../../src/cache/tiers.ts";
import { createMemory } from "../../src/platform/memory.ts";
import { createFakePlatform } from "../platform/fake-platform.ts";
import { createFakeStore, entryOf, textOf } from "./stores.ts";

/** A cache of numbers, of which the larger one is the newer one. */
function create(hasAbsences = false) {
  const edge = createFakeStore();
  const kv = createFakeStore();
  const platform = createFakePlatform();
  const isolate = () =>
    createTieredCache<number>({
      ...{ memory: createMemory<number>(10), edge, kv, waitUntil: platform.waitUntil },
      encode: jsonEntry,
      decode: parseNumber,
      lifeSeconds: (value) => value * 100,
      isNewer: (a, b) => a > b,
      ...(hasAbsences && { absences: createAbsences(createMemory<number>(10), platform.now) }),
    });
  return { cache: isolate(), isolate, edge, kv, platform, settle: platform.settle };
}

function parseNumber(entry: Entry): number | null {
  const value = Number(textOf(entry));
  return Number.isNaN(value) ? null : value;
}

describe("a read", () => {
  test("is answered from memory without a store", async () => {
    const { cache, edge, kv } = create();
    cache.writeNear("k", 1);
    expect(await cache.read("k")).toBe(1);
    expect([edge.calls, kv.calls]).toEqual([["write k 100"], []]);
  });

  test("is answered from the edge without KV, then from memory", async () => {
    const { cache, edge, kv } = create();
    edge.entries.set("k", jsonEntry(1));
    expect([await cache.read("k"), await cache.read("k")]).toEqual([1, 1]);
    expect([edge.calls, kv.calls]).toEqual([["read k"], []]);
  });

  test("is answered from KV and copied to the edge and memory", async () => {
    const { cache, edge, kv, settle } = create();
    kv.entries.set("k", jsonEntry(1));
    expect([await cache.read("k"), await cache.read("k")]).toEqual([1, 1]);
    await settle();
    expect([edge.calls, kv.calls]).toEqual([["read k", "write k 100"], ["read k"]]);
  });

  test("is null if no tier has the value", async () => {
    const { cache, edge, kv } = create();
    expect(await cache.read("k")).toBeNull();
    expect([edge.calls, kv.calls]).toEqual([["read k"], ["read k"]]);
  });

  test("ignores an invalid entry at the edge and replaces it", async () => {
    const { cache, edge, kv, settle } = create();
    edge.entries.set("k", entryOf("invalid"));
    kv.entries.set("k", jsonEntry(1));
    expect(await cache.read("k")).toBe(1);
    await settle();
    expect(textOf(edge.entries.get("k"))).toBe("1");
  });

  test.each([
    ["older", 1, 2],
    ["newer", 3, 3],
  ])("returns the newer value if the edge has an %s one than memory", async (_, near, newest) => {
    const { cache, edge, settle } = create();
    cache.writeNear("k", 2);
    await settle();
    edge.entries.set("k", jsonEntry(near));
    expect(await cache.read("k", () => false)).toBe(newest);
    expect(cache.peek("k")).toBe(newest);
  });

  test("of an old value does not replace a newer one that was written meanwhile", async () => {
    const { cache, edge, kv, settle } = create();
    kv.entries.set("k", jsonEntry(1));
    const slow = cache.read("k");
    cache.writeNear("k", 2);
    expect(await slow).toBe(2);
    await settle();
    expect([cache.peek("k"), textOf(edge.entries.get("k"))]).toEqual([2, "2"]);
  });
});

describe("a key that was in no store", () => {
  test("is looked for again after five seconds", async () => {
    const { cache, kv, platform } = create(true);
    await cache.read("k");
    kv.entries.set("k", jsonEntry(1));
    platform.ms += 4_999;
    expect(await cache.read("k")).toBeNull();
    expect(kv.calls).toEqual(["read k"]);
    platform.ms += 1;
    expect(await cache.read("k")).toBe(1);
  });

  test("is looked for again once it was written, and other keys at once", async () => {
    const { cache, edge } = create(true);
    await cache.read("k");
    cache.writeNear("k", 1);
    edge.entries.set("k", jsonEntry(2));
    edge.entries.set("j", jsonEntry(3));
    expect([await cache.read("k", () => false), await cache.read("j")]).toEqual([2, 3]);
  });
});

test("a peek sees only memory", async () => {
  const { cache, isolate, edge, kv, settle } = create();
  cache.writeNear("k", 1);
  await cache.writeKv("k", 1);
  await settle();
  expect([cache.peek("k"), isolate().peek("k")]).toEqual([1, null]);
  expect([...edge.calls, ...kv.calls]).toEqual(["write k 100", "write k 100"]);
});

test("readKv and writeKv use only KV", async () => {
  const { cache, edge, kv } = create();
  expect(await cache.writeKv("k", 1)).toBe(true);
  expect(await cache.readKv("k")).toBe(1);
  kv.isRefusing = true;
  expect(await cache.writeKv("k", 1)).toBe(false);
  expect([cache.peek("k"), edge.calls]).toEqual([null, []]);
});

test("a removed value is in no tier", async () => {
  const { cache, edge, kv, settle } = create();
  cache.writeNear("k", 1);
  await cache.writeKv("k", 1);
  cache.remove("k");
  await settle();
  expect([edge.entries.size, kv.entries.size]).toEqual([0, 0]);
  expect(await cache.read("k")).toBeNull();
});
