import { expect, test } from "vitest";
import { createContentCache, weighEntry } from "../../src/cache/content.ts";
import { createMemory } from "../../src/cache/memory.ts";
import type { Entry } from "../../src/cache/store.ts";
import type { Digest } from "../../src/protocol/digest.ts";
import { createClock, createFakeStore, createLater, entryOf, textOf } from "./stores.ts";

const ABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" as Digest;

const DAY = 24 * 60 * 60 * 1000;
const HOUR = 60 * 60 * 1000;
const LIFE = "8640000";

/** As it is where it was kept a moment ago. */
function kept(text: string, mediaType?: string): Entry {
  return { ...entryOf(text, mediaType), dueAt: Number.MAX_SAFE_INTEGER };
}

function create() {
  const near = createFakeStore();
  const far = createFakeStore();
  const { later, settle } = createLater();
  const clock = createClock(1_000_000);
  const isolate = (memory = createMemory<Entry>(1000, weighEntry)) =>
    createContentCache({
      memory,
      near,
      far,
      later,
      now: clock.now,
      lifeSeconds: (100 * DAY) / 1000,
    });
  const memory = createMemory<Entry>(1000, weighEntry);
  return { cache: isolate(memory), isolate, memory, near, far, clock, settle };
}

test("what is written is in every store and in memory", async () => {
  const { cache, near, far, settle } = create();
  cache.write("k", entryOf("abc"));
  await settle();
  expect(near.calls).toEqual([`write k ${LIFE}`]);
  expect(far.calls).toEqual([`write k ${LIFE}`]);
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
  near.entries.set("k", kept("abc"));
  expect(textOf(await cache.read("k", ABC))).toBe("abc");
  expect(far.calls).toEqual([]);
  await cache.read("k", ABC);
  expect(near.calls).toEqual(["read k"]);
});

test("what is far away is brought near, and not written back", async () => {
  const { cache, near, far, settle } = create();
  far.entries.set("k", kept("abc", "a/b"));
  expect((await cache.read("k", ABC))?.mediaType).toBe("a/b");
  await settle();
  expect(near.calls).toEqual(["read k", `write k ${LIFE}`]);
  expect(far.calls).toEqual(["read k"]);
});

test("bytes that do not have the digest are not there, and are replaced from further away", async () => {
  const { cache, near, far, settle } = create();
  near.entries.set("k", entryOf("abx"));
  far.entries.set("k", kept("abc"));
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

const writesTo = ({ calls }: { readonly calls: readonly string[] }) =>
  calls.filter((call) => call.startsWith("write")).length;

test.each(["memory", "near", "far"])(
  "what is used is written anew after half its life, where it was found: %s",
  async (place) => {
    const { cache, isolate, near, far, clock, settle } = create();
    cache.write("k", entryOf("abc"));
    await settle();
    if (place === "far") near.entries.clear();
    const reader = place === "memory" ? cache : isolate();
    clock.ms += 50 * DAY - 1;
    await reader.read("k", ABC);
    await settle();
    expect(writesTo(far)).toBe(1);
    clock.ms += 1;
    await reader.read("k", ABC);
    expect(reader.peek("k")).not.toBeNull();
    await settle();
    expect(writesTo(far)).toBe(2);
    near.entries.clear();
    clock.ms += 50 * DAY - 1;
    await isolate().read("k", ABC);
    await settle();
    expect(writesTo(far)).toBe(2);
  },
);

test.each(["here", "in another isolate"])(
  "what the far store does not take is offered again an hour later, %s, until it does",
  async (where) => {
    const { cache, isolate, far, clock, settle } = create();
    far.isRefusing = true;
    cache.write("k", entryOf("abc"));
    await settle();
    const use = async () => {
      expect(textOf(await (where === "here" ? cache : isolate()).read("k", ABC))).toBe("abc");
      await settle();
    };
    clock.ms += HOUR - 1;
    await use();
    expect(writesTo(far)).toBe(1);
    clock.ms += 1;
    await use();
    await use();
    expect(writesTo(far)).toBe(2);
    far.isRefusing = false;
    clock.ms += HOUR;
    await use();
    await use();
    expect([writesTo(far), textOf(far.entries.get("k"))]).toEqual([3, "abc"]);
  },
);
