import { expect, test } from "vitest";
import { createResponseCache } from "../../src/cache/responses.ts";
import { jsonEntry } from "../../src/cache/store.ts";
import { createFakePlatform } from "../platform/fake-platform.ts";
import { createFakeStore, entryOf } from "./stores.ts";

const HOUR_MS = 60 * 60 * 1000;

function create() {
  const edge = createFakeStore();
  const platform = createFakePlatform();
  const options = { platform, edge, freshSeconds: 3_600, staleSeconds: 86_400 };
  return { cache: createResponseCache<string[]>(options), edge, platform };
}

test("a response is fresh, then usable, and stored at the edge for as long", async () => {
  const { cache, edge, platform } = create();
  cache.write("k", ["a", "b"]);
  await platform.settle();
  expect(edge.calls).toEqual(["write k 86400"]);
  const found = await cache.read("k");
  expect(found).toEqual({ value: ["a", "b"], storedAt: platform.ms });
  if (found === null) throw new Error("nothing was stored");
  platform.ms += HOUR_MS - 1;
  expect([cache.isFresh(found), cache.isUsable(found)]).toEqual([true, true]);
  platform.ms += 1;
  expect([cache.isFresh(found), cache.isUsable(found)]).toEqual([false, true]);
  expect(cache.ageMs(found)).toBe(HOUR_MS);
  platform.ms += 23 * HOUR_MS;
  expect(cache.isUsable(found)).toBe(false);
});

test.each([
  undefined,
  entryOf("a"),
  jsonEntry({ storedAt: 1 }),
  jsonEntry({ value: [], storedAt: "1" }),
])("nothing is read from an absent or invalid record (%#)", async (entry) => {
  const { cache, edge } = create();
  if (entry) edge.entries.set("k", entry);
  expect(await cache.read("k")).toBeNull();
});
