import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { createEdgeStore } from "../../src/cache/edge.ts";
import { createKvBudget, createKvStore } from "../../src/cache/kv.ts";
import { jsonEntry, type Store } from "../../src/cache/store.ts";
import type { Env } from "../../src/env.ts";
import { entryOf, noDeadline, textOf } from "./stores.ts";

const never = (store: string, operation: string, cause: unknown) => {
  throw new Error(`${store} failed to ${operation}: ${cause}`);
};

const STORES: readonly [string, () => Store][] = [
  [
    "the edge cache",
    () =>
      createEdgeStore({
        open: () => caches.open("contract"),
        host: "mirror.example",
        deadline: noDeadline,
        report: never,
      }),
  ],
  [
    "KV",
    () =>
      createKvStore({
        namespace: (env as unknown as Env).CACHE,
        now: () => 0,
        report: never,
        deadline: noDeadline,
        budget: createKvBudget(),
      }),
  ],
];

test("a value is kept as JSON", () => {
  expect(textOf(jsonEntry({ a: "ä" }))).toBe('{"a":"ä"}');
  expect(jsonEntry({}).mediaType).toBe("application/json");
});

describe.each(STORES)("%s, as the platform has it,", (_, open) => {
  test("reads null for what was never written", async () => {
    expect(await open().read("v1/never")).toBeNull();
  });

  test("reads what was written, byte by byte, with its media type", async () => {
    const store = open();
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    await store.write("v1/bytes", { bytes, mediaType: "application/vnd.a+json" }, 600);
    const entry = await store.read("v1/bytes");
    expect([...(entry?.bytes ?? [])]).toEqual([...bytes]);
    expect(entry?.mediaType).toBe("application/vnd.a+json");
  });

  test("keeps an entry without bytes", async () => {
    const store = open();
    await store.write("v1/empty", entryOf(""), 600);
    expect(textOf(await store.read("v1/empty"))).toBe("");
  });

  test("keeps a part of a larger buffer, not the whole", async () => {
    const store = open();
    const larger = new TextEncoder().encode("--abc--");
    await store.write("v1/part", { bytes: larger.subarray(2, 5), mediaType: "a/b" }, 600);
    expect(textOf(await store.read("v1/part"))).toBe("abc");
  });

  test("the last that was written counts", async () => {
    const store = open();
    await store.write("v1/last", entryOf("a"), 600);
    await store.write("v1/last", entryOf("b"), 600);
    expect(textOf(await store.read("v1/last"))).toBe("b");
  });

  test("forgets what was deleted, and deletes what was never there", async () => {
    const store = open();
    await store.write("v1/deleted", entryOf("a"), 600);
    await store.delete("v1/deleted");
    await store.delete("v1/deleted");
    expect(await store.read("v1/deleted")).toBeNull();
  });

  test("tells keys apart that differ in case, or in what a URL would encode", async () => {
    const store = open();
    const keys = ["v1/k/a:b", "v1/k/A:b", "v1/k/a+b", "v1/k/a b", "v1/k/[::1]:5000/a"];
    for (const key of keys) await store.write(key, entryOf(key), 600);
    for (const key of keys) expect(textOf(await store.read(key))).toBe(key);
  });

  test("takes a life of 0 s, of a part of a second, of ten years", async () => {
    const store = open();
    for (const life of [0, 0.5, 61.7, 315_360_000]) {
      await expect(store.write("v1/life", entryOf("a"), life)).resolves.toBe(true);
    }
  });
});
