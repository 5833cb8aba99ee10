import { expect, test } from "vitest";
import { createContentCache, weighEntry } from "../../src/cache/content.ts";
import { createMemory } from "../../src/cache/memory.ts";
import type { Entry } from "../../src/cache/store.ts";
import type { Digest } from "../../src/protocol/digest.ts";
import { createFakeStore, createLater, entryOf, textOf } from "./stores.ts";

const ABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" as Digest;

function create() {
  const near = createFakeStore();
  const far = createFakeStore();
  const { later, settle } = createLater();
  const memory = createMemory<Entry>(1000, weighEntry);
  const cache = createContentCache({ memory, stores: [near, far], later, lifeSeconds: 600 });
  return { cache, memory, near, far, settle };
}

test("what is written is in every store and in memory", async () => {
  const { cache, near, far, settle } = create();
  cache.write("k", entryOf("abc"));
  await settle();
  expect(near.calls).toEqual(["write k 600"]);
  expect(far.calls).toEqual(["write k 600"]);
  expect(textOf(await cache.read("k", ABC))).toBe("abc");
  expect(near.calls.length + far.calls.length).toBe(2);
});

test("what is nowhere is null", async () => {
  const { cache, near, far } = create();
  expect(await cache.read("k", ABC)).toBeNull();
  expect([near.calls, far.calls]).toEqual([["read k"], ["read k"]]);
});

test("what is near is not asked for far away", async () => {
  const { cache, near, far } = create();
  near.entries.set("k", entryOf("abc"));
  expect(textOf(await cache.read("k", ABC))).toBe("abc");
  expect(far.calls).toEqual([]);
  await cache.read("k", ABC);
  expect(near.calls).toEqual(["read k"]);
});

test("what is far away is brought near, and not written back", async () => {
  const { cache, near, far, settle } = create();
  far.entries.set("k", entryOf("abc", "a/b"));
  expect((await cache.read("k", ABC))?.mediaType).toBe("a/b");
  await settle();
  expect(near.calls).toEqual(["read k", "write k 600"]);
  expect(far.calls).toEqual(["read k"]);
});

test("bytes that do not have the digest are not there, and are replaced from further away", async () => {
  const { cache, near, far, settle } = create();
  near.entries.set("k", entryOf("abx"));
  far.entries.set("k", entryOf("abc"));
  expect(textOf(await cache.read("k", ABC))).toBe("abc");
  await settle();
  expect(textOf(near.entries.get("k"))).toBe("abc");
});

test("bytes that are cut short everywhere are not there, and not kept in memory", async () => {
  const { cache, memory, near, far } = create();
  near.entries.set("k", entryOf("ab"));
  far.entries.set("k", entryOf(""));
  expect(await cache.read("k", ABC)).toBeNull();
  expect(memory.get("k")).toBeUndefined();
});

test("an entry weighs at least its bytes", () => {
  expect(weighEntry(entryOf("abc"))).toBeGreaterThanOrEqual(3);
});

test("an entry without bytes weighs something too, so that their number is bounded", () => {
  expect(weighEntry(entryOf(""))).toBeGreaterThan(0);
});
