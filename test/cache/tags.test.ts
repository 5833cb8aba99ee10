import { describe, expect, test } from "vitest";
import { createMemory } from "../../src/cache/memory.ts";
import { createPointerCache } from "../../src/cache/pointer.ts";
import type { Pointer } from "../../src/cache/pointer-record.ts";
import { jsonEntry } from "../../src/cache/store.ts";
import type { Descriptor } from "../../src/protocol/descriptor.ts";
import type { Digest } from "../../src/protocol/digest.ts";
import { createClock, createFakeStore, createLater, entryOf } from "./stores.ts";

const NOW = 1_767_225_600_000;
const DAY = 24 * 60 * 60 * 1000;
const A = descriptor("a");
const B = descriptor("b");

function descriptor(digit: string): Descriptor {
  const digest = `sha256:${digit.repeat(64)}` as Digest;
  return { digest, mediaType: "application/vnd.oci.image.index.v1+json", size: 5 };
}

function create({ freshSeconds = 60, staleSeconds = 2_592_000 } = {}) {
  const clock = createClock(NOW);
  const edge = createFakeStore();
  const kv = createFakeStore();
  const { later, settle } = createLater();
  const isolate = () =>
    createPointerCache({
      memory: createMemory<Pointer>(10),
      edge,
      kv,
      now: clock.now,
      later,
      freshSeconds,
      staleSeconds,
    });
  return { cache: isolate(), isolate, clock, edge, kv, settle };
}

test("a pointer is fresh for as long as was said, and not a moment longer", () => {
  const { cache, clock } = create();
  const pointer = cache.write("k", A, null, null);
  clock.ms = NOW + 59_999;
  expect(cache.isFresh(pointer)).toBe(true);
  clock.ms = NOW + 60_000;
  expect(cache.isFresh(pointer)).toBe(false);
  expect(create({ freshSeconds: 0 }).cache.isFresh(pointer)).toBe(false);
});

describe("reading", () => {
  test("a fresh pointer comes from memory, without a store", async () => {
    const { cache, edge, kv, settle } = create();
    const pointer = cache.write("k", A, null, null);
    await settle();
    expect(await cache.read("k")).toEqual(pointer);
    expect([...edge.calls, ...kv.calls]).toEqual(["write k 2592000", "write k 2592000"]);
  });

  test("another isolate reads it near, and not far away", async () => {
    const { cache, isolate, kv, settle } = create();
    const pointer = cache.write("k", A, null, null);
    await settle();
    expect(await isolate().read("k")).toEqual(pointer);
    expect(kv.calls).toEqual(["write k 2592000"]);
  });

  test("another data centre reads it from KV", async () => {
    const { cache, isolate, edge, settle } = create();
    const pointer = cache.write("k", A, null, null);
    await settle();
    edge.entries.clear();
    expect(await isolate().read("k")).toEqual(pointer);
  });

  test("the newer one counts where memory and store differ", async () => {
    const { cache, edge, clock, settle } = create();
    cache.write("k", A, null, null);
    await settle();
    clock.ms += 120_000;
    edge.entries.set(
      "k",
      jsonEntry({ ...B, checkedAt: NOW + 100_000, keptAt: NOW, previous: null }),
    );
    expect((await cache.read("k"))?.digest).toBe(B.digest);
    edge.entries.set("k", jsonEntry({ ...A, checkedAt: NOW, keptAt: NOW, previous: null }));
    clock.ms += 120_000;
    expect((await cache.read("k"))?.digest).toBe(B.digest);
  });

  test("one that is no longer fresh is read all the same, and may stand in until it is too old", async () => {
    const { cache, clock } = create({ staleSeconds: 600 });
    const pointer = cache.write("k", A, null, null);
    clock.ms = NOW + 599_999;
    expect([await cache.read("k"), cache.canStandIn(pointer)]).toEqual([pointer, true]);
    clock.ms = NOW + 600_000;
    expect([await cache.read("k"), cache.canStandIn(pointer)]).toEqual([pointer, false]);
  });

  test("none may stand in where nothing may be stale", () => {
    const { cache } = create({ staleSeconds: 0 });
    const pointer = cache.write("k", A, null, null);
    expect([cache.isFresh(pointer), cache.canStandIn(pointer)]).toEqual([true, false]);
  });

  test("an old pointer that arrives late does not hide one that was written meanwhile", async () => {
    const { cache, isolate, kv, clock, settle } = create();
    cache.write("k", A, null, null);
    await settle();
    clock.ms = NOW + 120_000;
    const other = isolate();
    const early = other.read("k");
    other.write("k", B, null, null);
    await early;
    await settle();
    kv.calls.length = 0;
    expect((await other.read("k"))?.digest).toBe(B.digest);
    expect(kv.calls).toEqual([]);
  });

  test.each([
    ["no JSON", entryOf("x")],
    ["no digest", jsonEntry({ mediaType: "a/b", size: 1, checkedAt: NOW, keptAt: NOW })],
    ["a malformed digest", jsonEntry({ ...A, digest: "sha256:x", checkedAt: NOW, keptAt: NOW })],
    ["no size", jsonEntry({ ...A, size: null, checkedAt: NOW, keptAt: NOW })],
    ["no media type", jsonEntry({ ...A, mediaType: 1, checkedAt: NOW, keptAt: NOW })],
    ["no time of checking", jsonEntry({ ...A, keptAt: NOW })],
    ["a time in text", jsonEntry({ ...A, checkedAt: "now", keptAt: NOW })],
  ])("a record with %s is not there", async (_, entry) => {
    const { cache, edge, kv } = create();
    edge.entries.set("k", entry);
    kv.entries.set("k", entry);
    expect(await cache.read("k")).toBeNull();
  });

  test("a record whose former descriptor is malformed counts without it", async () => {
    const { cache, kv } = create();
    kv.entries.set(
      "k",
      jsonEntry({ ...A, checkedAt: NOW, keptAt: NOW, previous: { digest: "x" } }),
    );
    expect(await cache.read("k")).toMatchObject({ ...A, previous: null });
  });
});

test("what may stand in for it is kept with a pointer", async () => {
  const { cache, isolate, edge, settle } = create();
  const pointer = cache.write("k", A, null, B);
  await settle();
  expect(pointer.previous).toEqual(B);
  expect((await isolate().read("k"))?.previous).toEqual(B);
  edge.entries.clear();
  expect((await isolate().read("k"))?.previous).toEqual(B);
});

test("a peek sees what this isolate knows, however old, and never asks a store", async () => {
  const { cache, isolate, edge, kv, clock, settle } = create();
  const pointer = cache.write("k", A, null, null);
  await settle();
  clock.ms += 365 * DAY;
  expect([cache.peek("k"), isolate().peek("k")]).toEqual([pointer, null]);
  expect([...edge.calls, ...kv.calls]).toEqual(["write k 2592000", "write k 2592000"]);
});

describe("KV is written", () => {
  /** @returns how often, if the tag leads to `descriptors` one after another, `stepMs` apart. */
  async function writes(
    descriptors: readonly Descriptor[],
    stepMs: number,
    options: { readonly staleSeconds?: number } = {},
  ): Promise<number> {
    const { cache, clock, kv, settle } = create(options);
    for (const next of descriptors) {
      cache.write("k", next, await cache.read("k"), null);
      clock.ms += stepMs;
    }
    await settle();
    return kv.calls.filter((call) => call.startsWith("write")).length;
  }

  test("when the digest changes, and not when it does not", async () => {
    expect(await writes([A, A, A, A], 61_000)).toBe(1);
    expect(await writes([A, B, B, A], 61_000)).toBe(3);
  });

  test("again after a week, so that it does not expire", async () => {
    expect(await writes([A, A, A], 7 * DAY)).toBe(3);
    expect(await writes([A, A, A], 3 * DAY)).toBe(1);
  });

  test("no more often where nothing may be stale: the day's writes are few", async () => {
    expect(await writes([A, A, A, A], 61_000, { staleSeconds: 0 })).toBeLessThanOrEqual(1);
  });
});

test("what is dropped is gone from everywhere", async () => {
  const { cache, edge, kv, settle } = create();
  cache.write("k", A, null, null);
  cache.drop("k");
  await settle();
  expect([edge.entries.size, kv.entries.size]).toEqual([0, 0]);
  expect(await cache.read("k")).toBeNull();
});

test("a pointer is recent for an hour, fresh or not", () => {
  const { cache, clock } = create({ freshSeconds: 60 });
  const pointer = cache.write("k", A, null, null);
  clock.ms = NOW + 3_599_999;
  expect([cache.isFresh(pointer), cache.isRecent(pointer)]).toEqual([false, true]);
  clock.ms = NOW + 3_600_000;
  expect(cache.isRecent(pointer)).toBe(false);
});

test("a pointer is never recent where none is trusted without asking", () => {
  const { cache } = create({ freshSeconds: 0 });
  expect(cache.isRecent(cache.write("k", A, null, null))).toBe(false);
});

describe("a tag that has moved, which no client asked for", () => {
  test("is known with what it led to before, everywhere", async () => {
    const { cache, isolate, edge, clock, settle } = create();
    const known = cache.write("k", A, null, null);
    await settle();
    clock.ms += DAY;
    cache.move("k", B, known);
    await settle();
    edge.entries.clear();
    for (const one of [cache, isolate()]) {
      expect(await one.read("k")).toEqual({
        ...B,
        checkedAt: NOW + DAY,
        keptAt: NOW,
        previous: A,
      });
    }
  });

  test("ends in KV when it would have ended, however often it moves", async () => {
    const { cache, kv, clock, settle } = create();
    const known = cache.write("k", A, null, null);
    clock.ms = NOW + 3 * DAY;
    cache.move("k", B, known);
    clock.ms = NOW + 5 * DAY;
    cache.move("k", A, (await cache.read("k")) ?? known);
    await settle();
    expect(kv.calls.filter((call) => call.startsWith("write"))).toEqual([
      "write k 2592000",
      `write k ${2_592_000 - 3 * 86_400}`,
      `write k ${2_592_000 - 5 * 86_400}`,
    ]);
  });

  test("is written again by the pull of a client a week after the last one that was", async () => {
    const { cache, kv, clock, settle } = create();
    const known = cache.write("k", A, null, null);
    clock.ms = NOW + 6 * DAY;
    cache.move("k", B, known);
    cache.write("k", B, await cache.read("k"), A);
    clock.ms = NOW + 7 * DAY;
    const renewed = cache.write("k", B, await cache.read("k"), A);
    await settle();
    expect(renewed.keptAt).toBe(NOW + 7 * DAY);
    expect(kv.calls.filter((call) => call.startsWith("write")).length).toBe(3);
  });
});

describe("what another data centre knows", () => {
  test("counts if it was checked later, and is remembered", async () => {
    const { cache, kv, clock } = create();
    const known = cache.write("k", A, null, null);
    kv.entries.set("k", jsonEntry({ ...B, checkedAt: NOW + 1, keptAt: NOW, previous: null }));
    clock.ms = NOW + 120_000;
    expect((await cache.latest("k", known)).digest).toBe(B.digest);
    expect(cache.peek("k")?.digest).toBe(B.digest);
    kv.entries.set("k", jsonEntry({ ...B, checkedAt: NOW - 1, keptAt: NOW, previous: null }));
    expect((await cache.latest("k", known)).digest).toBe(A.digest);
    kv.entries.clear();
    expect(await cache.latest("k", known)).toEqual(known);
  });

  test("is not written once more", async () => {
    const { cache, kv, settle } = create();
    const known = cache.write("k", A, null, null);
    await settle();
    kv.entries.set("k", jsonEntry({ ...B, checkedAt: NOW, keptAt: NOW, previous: A }));
    kv.calls.length = 0;
    cache.write("k", B, known, A);
    await settle();
    expect(kv.calls).toEqual(["read k"]);
  });

  test("is written again a week after it was, whoever wrote it", async () => {
    const { cache, isolate, kv, clock, settle } = create();
    const known = cache.write("k", A, null, null);
    await settle();
    kv.entries.set("k", jsonEntry({ ...B, checkedAt: NOW, keptAt: NOW, previous: A }));
    clock.ms = NOW + 6 * DAY;
    cache.write("k", B, known, A);
    await settle();
    for (const one of [cache, isolate()]) expect((await one.read("k"))?.keptAt).toBe(NOW);
    kv.calls.length = 0;
    clock.ms = NOW + 7 * DAY;
    cache.write("k", B, await cache.read("k"), A);
    await settle();
    expect(kv.calls.filter((call) => call.startsWith("write"))).toHaveLength(1);
  });
});

test.each(["here", "elsewhere in the data centre"])(
  "a pointer that KV does not take is offered at the next check, %s",
  async (where) => {
    const { cache, isolate, kv, clock, settle } = create();
    kv.isRefusing = true;
    cache.write("k", A, null, null);
    await settle();
    kv.isRefusing = false;
    clock.ms += 61_000;
    const next = where === "here" ? cache : isolate();
    for (let checks = 0; checks < 3; checks++) {
      next.write("k", A, await next.read("k"), null);
      await settle();
    }
    expect(kv.calls.filter((call) => call.startsWith("write"))).toHaveLength(2);
    expect(kv.entries.has("k")).toBe(true);
  },
);
