import { expect, test } from "vitest";
import { createSearchCache } from "../../src/cache/searches.ts";
import { jsonEntry } from "../../src/cache/store.ts";
import { createFakePlatform } from "../platform/fake-platform.ts";
import { createFakeStore, entryOf } from "./stores.ts";

const HOUR_MS = 60 * 60 * 1000;

function create() {
  const edge = createFakeStore();
  const platform = createFakePlatform();
  return { cache: createSearchCache<string>({ platform, edge }), edge, platform };
}

test("results are fresh for an hour and stored at the edge for a day", async () => {
  const { cache, edge, platform } = create();
  const found = cache.write("k", ["a", "b"]);
  await platform.settle();
  expect(edge.calls).toEqual(["write k 86400"]);
  platform.ms += HOUR_MS - 1;
  expect(cache.isFresh(found)).toBe(true);
  platform.ms += 1;
  expect(cache.isFresh(found)).toBe(false);
  expect(await cache.read("k")).toEqual({ results: ["a", "b"], foundAt: platform.ms - HOUR_MS });
});

test.each([
  undefined,
  entryOf("a"),
  jsonEntry({ results: "a", foundAt: 1 }),
  jsonEntry({ results: [], foundAt: "1" }),
])("no results are read from an absent or invalid record (%#)", async (entry) => {
  const { cache, edge } = create();
  if (entry) edge.entries.set("k", entry);
  expect(await cache.read("k")).toBeNull();
});
