import { expect, test } from "vitest";
import { createChallengeCache } from "../../src/cache/challenges.ts";
import { jsonEntry } from "../../src/cache/store.ts";
import { createAbsences } from "../../src/cache/tiers.ts";
import { createMemory } from "../../src/platform/memory.ts";
import type { AuthScheme } from "../../src/protocol/challenge.ts";
import { createFakePlatform } from "../platform/fake-platform.ts";
import { createFakeStore, entryOf } from "./stores.ts";

const KEY = "v2/challenge/ghcr.io";
const BEARER: AuthScheme = { kind: "bearer", realm: "https://auth.example/token", service: "s" };

function create() {
  const edge = createFakeStore();
  const { waitUntil, settle, now } = createFakePlatform();
  const isolate = () =>
    createChallengeCache({
      ...{ challenges: createMemory<AuthScheme>(10), edge, platform: { waitUntil } },
      absences: createAbsences(createMemory<number>(10), now),
    });
  return { cache: isolate(), isolate, edge, settle };
}

test.each<AuthScheme>([BEARER, { ...BEARER, service: null }, { kind: "basic" }, { kind: "open" }])(
  "%j is stored in memory, and at the edge for 30 days",
  async (scheme) => {
    const { cache, isolate, edge, settle } = create();
    cache.write("ghcr.io", scheme);
    await settle();
    expect([cache.peek("ghcr.io"), await isolate().read("ghcr.io")]).toEqual([scheme, scheme]);
    expect(edge.calls).toEqual([`write ${KEY} 2592000`, `read ${KEY}`]);
    expect(await isolate().read("quay.io")).toBeNull();
  },
);

test.each([
  entryOf("bearer"),
  jsonEntry({ realm: "x" }),
  jsonEntry({ kind: "digest" }),
  jsonEntry({ kind: "constructor" }),
  jsonEntry({ kind: "bearer", service: "s" }),
  jsonEntry({ kind: "bearer", realm: 1 }),
  jsonEntry({ kind: "bearer", realm: "x", service: 1 }),
])("an invalid record is ignored (%#)", async (entry) => {
  const { cache, edge } = create();
  edge.entries.set(KEY, entry);
  expect(await cache.read("ghcr.io")).toBeNull();
});
