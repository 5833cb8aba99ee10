import { describe, expect, test } from "vitest";
import { createMemory } from "../../src/cache/memory.ts";
import { jsonEntry } from "../../src/cache/store.ts";
import { createTokenCache } from "../../src/cache/token.ts";
import type { Token } from "../../src/protocol/token.ts";
import { createClock, createFakeStore, createLater, entryOf } from "./stores.ts";

const NOW = 1_000_000;
const TOKEN: Token = { value: "t", expiresAt: NOW + 300_000 };

function create() {
  const kv = createFakeStore();
  const clock = createClock(NOW);
  const { later, settle } = createLater();
  const isolate = () =>
    createTokenCache({ memory: createMemory<Token>(10), kv, now: clock.now, later });
  return { cache: isolate(), isolate, kv, clock, settle };
}

describe("a token that was written", () => {
  test("is read again without KV", async () => {
    const { cache, kv, settle } = create();
    cache.write("k", TOKEN);
    await settle();
    expect(await cache.read("k")).toEqual(TOKEN);
    expect(kv.calls).toEqual(["write k 300"]);
  });

  test("is read by another isolate, from KV once", async () => {
    const { cache, isolate, kv, settle } = create();
    cache.write("k", TOKEN);
    await settle();
    const other = isolate();
    expect(await other.read("k")).toEqual(TOKEN);
    expect(await other.read("k")).toEqual(TOKEN);
    expect(kv.calls).toEqual(["write k 300", "read k"]);
  });

  test("is there until the very moment it expires", async () => {
    const { cache, clock } = create();
    cache.write("k", TOKEN);
    clock.ms = NOW + 299_999;
    expect(await cache.read("k")).toEqual(TOKEN);
    clock.ms = NOW + 300_000;
    expect(await cache.read("k")).toBeNull();
  });

  test("is not there for another key", async () => {
    const { cache } = create();
    cache.write("k", TOKEN);
    expect(await cache.read("j")).toBeNull();
  });
});

test("a token that has expired already is not written", async () => {
  const { cache, kv, settle } = create();
  cache.write("k", { value: "t", expiresAt: NOW });
  await settle();
  expect(kv.calls).toEqual([]);
  expect(await cache.read("k")).toBeNull();
});

test("a token that KV keeps beyond its life is not there", async () => {
  const { cache, kv } = create();
  kv.entries.set("k", jsonEntry({ value: "t", expiresAt: NOW }));
  expect(await cache.read("k")).toBeNull();
});

test("a newer token in KV takes the place of one that has expired in memory", async () => {
  const { cache, kv, clock, settle } = create();
  cache.write("k", TOKEN);
  await settle();
  clock.ms = NOW + 300_000;
  const newer = { value: "u", expiresAt: NOW + 600_000 };
  kv.entries.set("k", jsonEntry(newer));
  expect(await cache.read("k")).toEqual(newer);
});

test.each([
  ["no JSON", entryOf("t")],
  ["no object", jsonEntry(["t"])],
  ["no value", jsonEntry({ expiresAt: NOW + 1 })],
  ["no expiry", jsonEntry({ value: "t" })],
  ["an expiry without end, which JSON has as null", jsonEntry({ value: "t", expiresAt: null })],
  ["an expiry in text", jsonEntry({ value: "t", expiresAt: "2099" })],
])("a record with %s is not there", async (_, entry) => {
  const { cache, kv } = create();
  kv.entries.set("k", entry);
  expect(await cache.read("k")).toBeNull();
});

test("a token that is written takes the place of the one before it, here and in KV", async () => {
  const { cache, isolate, settle } = create();
  cache.write("k", TOKEN);
  cache.write("k", { ...TOKEN, value: "u" });
  await settle();
  expect((await cache.read("k"))?.value).toBe("u");
  expect((await isolate().read("k"))?.value).toBe("u");
});

test("a peek sees what this isolate knows and has not expired, and never asks KV", async () => {
  const { cache, isolate, kv, clock, settle } = create();
  cache.write("k", TOKEN);
  await settle();
  expect(cache.peek("k")).toEqual(TOKEN);
  const other = isolate();
  expect(other.peek("k")).toBeNull();
  await other.read("k");
  expect(other.peek("k")).toEqual(TOKEN);
  clock.ms = TOKEN.expiresAt;
  expect(cache.peek("k")).toBeNull();
  expect(kv.calls).toEqual(["write k 300", "read k"]);
});

test("the next token of an isolate that lives on stays in it: KV's writes are few", async () => {
  const { cache, isolate, kv, clock, settle } = create();
  cache.write("k", TOKEN);
  clock.ms = TOKEN.expiresAt;
  const next = { value: "u", expiresAt: TOKEN.expiresAt + 300_000 };
  cache.write("k", next);
  await settle();
  expect(await cache.read("k")).toEqual(next);
  expect(kv.calls).toEqual(["write k 300"]);
  expect(await isolate().read("k")).toBeNull();
});
