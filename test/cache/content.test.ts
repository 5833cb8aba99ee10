import { describe, expect, test } from "vitest";
import { createContentCache, weighEntry } from "../../src/cache/content.ts";
import type { Entry } from "../../src/cache/store.ts";
import { createMemory } from "../../src/platform/memory.ts";
import { createFakePlatform } from "../platform/fake-platform.ts";
import { createFakeStore, entryOf, textOf } from "./stores.ts";

/** The digest of `abc`. */
const KEY =
  "v2/manifest/h/a/sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const LIFE_SECONDS = 8_640_000;
const HALF_LIFE_MS = 4_320_000_000;
const HOUR_MS = 3_600_000;

function create() {
  const edge = createFakeStore();
  const kv = createFakeStore();
  const platform = createFakePlatform();
  const isolate = () =>
    createContentCache({
      ...{ platform, edge, kv, staleSeconds: LIFE_SECONDS / 3 },
      manifests: createMemory<Entry>(10_000, weighEntry),
    });
  return { cache: isolate(), isolate, edge, kv, platform };
}

/** Content that need not be written to KV again for a while. */
const recent = { ...entryOf("abc", "a/b"), rewriteAt: Number.MAX_SAFE_INTEGER };

test("content is written to memory, the edge and KV for its whole life", async () => {
  const { cache, isolate, edge, kv, platform } = create();
  cache.write(KEY, entryOf("abc", "a/b"));
  await platform.settle();
  expect([edge.calls, kv.calls]).toEqual([[`write ${KEY} 8640000`], [`write ${KEY} 8640000`]]);
  for (const entry of [cache.peek(KEY), await cache.read(KEY), await isolate().read(KEY)]) {
    expect([textOf(entry), entry?.mediaType]).toEqual(["abc", "a/b"]);
  }
});

test("content from KV is copied to the edge and not written to KV", async () => {
  const { cache, edge, kv, platform } = create();
  kv.entries.set(KEY, recent);
  expect(textOf(await cache.read(KEY))).toBe("abc");
  await platform.settle();
  expect([edge.writes(), kv.writes()]).toEqual([[`write ${KEY} 8640000`], []]);
});

test("bytes that do not match the digest are absent, and replaced at the edge", async () => {
  const { cache, edge, kv, platform } = create();
  edge.entries.set(KEY, entryOf("abx"));
  expect([await cache.read(KEY), cache.peek(KEY)]).toEqual([null, null]);
  kv.entries.set(KEY, entryOf("ab"));
  expect([await cache.read(KEY), cache.peek(KEY)]).toEqual([null, null]);
  kv.entries.set(KEY, recent);
  expect(textOf(await cache.read(KEY))).toBe("abc");
  await platform.settle();
  expect(textOf(edge.entries.get(KEY))).toBe("abc");
});

describe("content in use is written to KV again", () => {
  test.each(["memory", "the edge", "KV"])(
    "after half its life, if it is found in %s",
    async (tier) => {
      const { cache, isolate, edge, kv, platform } = create();
      cache.write(KEY, entryOf("abc"));
      await platform.settle();
      if (tier === "KV") edge.entries.clear();
      const reader = tier === "memory" ? cache : isolate();
      /** @returns the number of writes to KV after a read. */
      const use = async () => {
        await reader.read(KEY);
        await platform.settle();
        return kv.writes().length;
      };
      platform.ms += HALF_LIFE_MS - 1;
      expect(await use()).toBe(1);
      platform.ms += 1;
      expect(await use()).toBe(2);
      platform.ms += HALF_LIFE_MS - 1;
      expect(await use()).toBe(2);
    },
  );

  test.each(["this isolate", "another isolate"])(
    "an hour after KV refused it, by %s",
    async (user) => {
      const { cache, isolate, kv, platform } = create();
      kv.isRefusing = true;
      cache.write(KEY, entryOf("abc"));
      await platform.settle();
      const use = async () => {
        expect(textOf(await (user === "this isolate" ? cache : isolate()).read(KEY))).toBe("abc");
        await platform.settle();
        return kv.writes().length;
      };
      platform.ms += HOUR_MS - 1;
      expect(await use()).toBe(1);
      platform.ms += 1;
      expect([await use(), await use()]).toEqual([2, 2]);
      kv.isRefusing = false;
      platform.ms += HOUR_MS;
      expect([await use(), await use()]).toEqual([3, 3]);
      expect(textOf(kv.entries.get(KEY))).toBe("abc");
    },
  );
});

test("an entry weighs more than its bytes, so that empty ones are bounded too", () => {
  expect(weighEntry(entryOf(""))).toBe(512);
  expect(weighEntry(entryOf("abc"))).toBe(515);
});
