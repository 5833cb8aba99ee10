import { expect, test } from "vitest";
import { createFailedChecks } from "../../src/cache/failed-checks.ts";
import { createNegativeCache } from "../../src/cache/negative.ts";
import { createResponseCache } from "../../src/cache/responses.ts";
import { jsonEntry } from "../../src/cache/store.ts";
import { createMemory } from "../../src/platform/memory.ts";
import { unshared } from "../../src/platform/single-flight.ts";
import { createFakePlatform } from "../platform/fake-platform.ts";
import { createFakeStore, entryOf } from "./stores.ts";

function create() {
  const edge = createFakeStore();
  const platform = createFakePlatform();
  const parts = { platform, edge, freshSeconds: 3_600, staleSeconds: 86_400 };
  const negative = createNegativeCache({ ...parts, refusals: createMemory(10) });
  const failures = createFailedChecks({ platform, failedChecks: createMemory(10) });
  const cache = createResponseCache({ ...parts, negative, failures });
  const load = () =>
    cache.load({
      ...{ key: "k", refusalKey: "GET k", singleFlight: unshared },
      fetch: async () => ["a", "b"],
      mayAnswerStale: () => true,
    });
  return { load, edge, platform };
}

test("a response is stored at the edge for as long as it may answer", async () => {
  const { load, edge, platform } = create();
  expect((await load()).value).toEqual(["a", "b"]);
  await platform.settle();
  expect(edge.calls).toEqual(["read k", "write k 86400"]);
});

test.each([
  undefined,
  entryOf("a"),
  jsonEntry({ storedAt: 1 }),
  jsonEntry({ value: [], storedAt: "1" }),
])("an absent or invalid record is replaced (%#)", async (entry) => {
  const { load, edge } = create();
  if (entry) edge.entries.set("k", entry);
  expect((await load()).cacheStatus.forwarded).toBe("miss");
});
