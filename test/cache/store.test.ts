import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { createEdgeStore } from "../../src/cache/edge.ts";
import { createKvBudget, createKvStore } from "../../src/cache/kv.ts";
import { createStoreTimeout, jsonEntry, type Store } from "../../src/cache/store.ts";
import type { Env } from "../../src/config/settings.ts";
import { createFakePlatform, runMicrotasks } from "../platform/fake-platform.ts";
import { createReports, entryOf, noTimeout, textOf } from "./stores.ts";

const { reports, report } = createReports();
const options = { timeout: noTimeout, report };
const STORES: readonly [string, Store][] = [
  [
    "the edge cache",
    createEdgeStore({ ...options, openCache: () => caches.open("test"), host: "mirror.example" }),
  ],
  [
    "KV",
    createKvStore({
      ...options,
      namespace: (env as unknown as Env).CACHE,
      now: () => 0,
      budget: createKvBudget(),
    }),
  ],
];

describe.each(STORES)("%s of the platform", (_, store) => {
  test("returns null for an unknown key", async () => {
    expect(await store.read("v2/unknown")).toBeNull();
  });

  test("returns the bytes, the media type and the time of the rewrite", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const entry = { bytes, mediaType: "application/vnd.a+json", rewriteAt: 1_767_225_600_000 };
    expect(await store.write("v2/bytes", entry, 600)).toBe(true);
    expect(await store.read("v2/bytes")).toEqual(entry);
  });

  test("returns the entry that was written last, which may be empty or a part of a buffer", async () => {
    const part = new TextEncoder().encode("--abc--").subarray(2, 5);
    for (const entry of [entryOf("a"), entryOf(""), { ...entryOf(""), bytes: part }]) {
      await store.write("v2/last", entry, 600);
      expect(textOf(await store.read("v2/last"))).toBe(textOf(entry));
    }
  });

  test("removes an entry, and ignores an unknown one", async () => {
    await store.write("v2/removed", entryOf("a"), 600);
    await store.remove("v2/removed");
    await store.remove("v2/removed");
    expect(await store.read("v2/removed")).toBeNull();
  });

  test("distinguishes keys by case and by characters that a URL would encode", async () => {
    const keys = ["v2/k/a:b", "v2/k/A:b", "v2/k/a+b", "v2/k/a b", "v2/k/a%20b", "v2/k/[::1]:5000"];
    for (const key of keys) await store.write(key, entryOf(key), 600);
    for (const key of keys) expect(textOf(await store.read(key))).toBe(key);
  });

  test.each([-5, 0, 0.5, 61.7, 315_360_000])("accepts a life of %d s", async (lifeSeconds) => {
    expect(await store.write("v2/life", entryOf("a"), lifeSeconds)).toBe(true);
  });

  test("reports no failure in any of these cases", () => {
    expect(reports).toEqual([]);
  });
});

test("jsonEntry writes a value as JSON", () => {
  expect(textOf(jsonEntry({ a: "ä" }))).toBe('{"a":"ä"}');
  expect(jsonEntry({}).mediaType).toBe("application/json");
});

describe("the timeout of a store", () => {
  function create() {
    const platform = createFakePlatform();
    const timeout = createStoreTimeout(platform, { slowUntil: 0 });
    /** @returns the milliseconds after which a read that never ends is given up. */
    const waitedMs = async () => {
      const result = timeout(new Promise(() => {}));
      const [ms] = platform.timers();
      platform.expire();
      await expect(result).rejects.toThrow(`no answer within ${ms} ms`);
      return ms;
    };
    return { platform, timeout, waitedMs };
  }

  test("is 2 s, and 0.5 s for the 10 s after it has expired", async () => {
    const { platform, waitedMs } = create();
    expect(await waitedMs()).toBe(2_000);
    platform.ms += 9_999;
    // The period is not prolonged by the shorter timeout.
    expect(await waitedMs()).toBe(500);
    platform.ms += 1;
    expect(await waitedMs()).toBe(2_000);
  });

  test("is not shortened by a failure", async () => {
    const { timeout, waitedMs } = create();
    await expect(timeout(Promise.reject(new Error("KV GET failed: 500")))).rejects.toThrow("500");
    await runMicrotasks();
    expect(await waitedMs()).toBe(2_000);
  });
});
