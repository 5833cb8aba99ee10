import { expect, test } from "vitest";
import { createMemory } from "../../src/cache/memory.ts";
import { jsonEntry } from "../../src/cache/store.ts";
import { createVerdictCache, type Verdict } from "../../src/cache/verdict.ts";
import { createClock, createFakeStore, createLater, entryOf } from "./stores.ts";

const NOW = 1_000_000;
const WEEK = 604_800;

function create() {
  const kv = createFakeStore();
  const edge = createFakeStore();
  const clock = createClock(NOW);
  const { later, settle } = createLater();
  const isolate = () =>
    createVerdictCache({
      memory: createMemory<Verdict>(10),
      edge,
      kv,
      now: clock.now,
      later,
      staleSeconds: 100,
    });
  return { cache: isolate(), isolate, edge, kv, clock, settle };
}

test("public is remembered for a week, in KV for as long as it may stand in", async () => {
  const { cache, isolate, kv, clock, settle } = create();
  const verdict = cache.write("k", true);
  await settle();
  expect(kv.calls).toEqual([`write k ${WEEK + 100}`]);
  const other = isolate();
  expect(await other.read("k")).toEqual({ isPublic: true, checkedAt: NOW });
  expect(await other.read("k")).toEqual(verdict);
  expect(kv.calls).toHaveLength(1);
  clock.ms = NOW + WEEK * 1000 - 1;
  expect(cache.isFresh(verdict)).toBe(true);
  clock.ms = NOW + WEEK * 1000;
  expect(cache.isFresh(verdict)).toBe(false);
});

test("private is remembered for a minute, in memory alone, and ends a public in KV", async () => {
  const { cache, isolate, clock, settle, kv } = create();
  cache.write("k", true);
  const verdict = cache.write("k", false);
  await settle();
  expect(kv.entries.size).toBe(0);
  expect(await isolate().read("k")).toBeNull();
  clock.ms = NOW + 59_999;
  expect(cache.isFresh(verdict)).toBe(true);
  clock.ms = NOW + 60_000;
  expect(cache.isFresh(verdict)).toBe(false);
  expect(await cache.read("k")).toEqual({ isPublic: false, checkedAt: NOW });
});

test.each([
  "",
  "{",
  "null",
  "[]",
  "{}",
  '{"isPublic":true}',
  '{"isPublic":"true","checkedAt":1}',
  '{"isPublic":1,"checkedAt":1}',
  '{"isPublic":true,"checkedAt":"1"}',
  '{"isPublic":false,"checkedAt":1}',
])("%j in KV says nothing", async (text) => {
  const { cache, kv } = create();
  kv.entries.set("k", entryOf(text));
  expect(await cache.read("k")).toBeNull();
});

test("what another deployment wrote is read", async () => {
  const { cache, kv } = create();
  kv.entries.set("k", jsonEntry({ isPublic: true, checkedAt: 5, more: 1 }));
  expect(await cache.read("k")).toEqual({ isPublic: true, checkedAt: 5 });
});

test("the edge answers before KV is asked", async () => {
  const { cache, isolate, edge, kv, settle } = create();
  cache.write("k", true);
  await settle();
  expect(edge.calls).toEqual([`write k ${WEEK + 100}`]);
  await isolate().read("k");
  expect([edge.calls.at(-1), kv.calls.length]).toEqual(["read k", 1]);
});

test.each([true, false])("an old verdict is prolonged by half a minute: public %s", (isPublic) => {
  const { cache, clock } = create();
  const verdict = cache.write("k", isPublic);
  clock.ms = NOW + WEEK * 1000;
  cache.prolong("k", verdict);
  return cache.read("k").then((prolonged) => {
    clock.ms += 29_999;
    expect(prolonged && cache.isFresh(prolonged)).toBe(true);
    clock.ms += 1;
    expect(prolonged && cache.isFresh(prolonged)).toBe(false);
    expect(prolonged?.isPublic).toBe(isPublic);
  });
});
