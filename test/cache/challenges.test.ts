import { expect, test } from "vitest";
import { createMemory } from "../../src/cache/memory.ts";
import { createSchemeCache } from "../../src/cache/scheme.ts";
import { jsonEntry } from "../../src/cache/store.ts";
import type { Scheme } from "../../src/protocol/challenge.ts";
import { createFakeStore, createLater, entryOf } from "./stores.ts";

const BEARER: Scheme = { kind: "bearer", realm: "https://auth.example/token", service: "s" };

function create() {
  const edge = createFakeStore();
  const { later, settle } = createLater();
  const isolate = () => createSchemeCache({ memory: createMemory<Scheme>(10), edge, later });
  return { cache: isolate(), isolate, edge, settle };
}

test.each<Scheme>([BEARER, { ...BEARER, service: null }, { kind: "basic" }, { kind: "open" }])(
  "%j is read as it was written, by this isolate and by another",
  async (scheme) => {
    const { cache, isolate, edge, settle } = create();
    cache.write("k", scheme);
    await settle();
    expect(await cache.read("k")).toEqual(scheme);
    expect(edge.calls).toEqual(["write k 2592000"]);
    const other = isolate();
    expect(await other.read("k")).toEqual(scheme);
    expect(await other.read("k")).toEqual(scheme);
    expect(edge.calls).toEqual(["write k 2592000", "read k"]);
  },
);

test("what was never written is null", async () => {
  expect(await create().cache.read("k")).toBeNull();
});

test.each([
  ["no JSON", entryOf("bearer")],
  ["no kind", jsonEntry({ realm: "x" })],
  ["an unknown kind", jsonEntry({ kind: "digest" })],
  ["a kind that every object has", jsonEntry({ kind: "constructor" })],
  ["a bearer without realm", jsonEntry({ kind: "bearer", service: "s" })],
  ["a realm that is no text", jsonEntry({ kind: "bearer", realm: 1 })],
  ["a service that is no text", jsonEntry({ kind: "bearer", realm: "x", service: 1 })],
])("a record with %s is not there", async (_, entry) => {
  const { cache, edge } = create();
  edge.entries.set("k", entry);
  expect(await cache.read("k")).toBeNull();
});

test("what is written takes the place of what was before it, here and at the edge", async () => {
  const { cache, isolate, settle } = create();
  cache.write("k", { kind: "open" });
  cache.write("k", BEARER);
  await settle();
  expect(await cache.read("k")).toEqual(BEARER);
  expect(await isolate().read("k")).toEqual(BEARER);
});

test("a peek sees what this isolate knows, and never asks the edge", async () => {
  const { cache, isolate, edge, settle } = create();
  cache.write("k", BEARER);
  await settle();
  expect([cache.peek("k"), isolate().peek("k")]).toEqual([BEARER, null]);
  expect(edge.calls).toEqual(["write k 2592000"]);
});
