import { expect, test } from "vitest";
import { createEdgeStore } from "../../src/cache/edge.ts";
import { createReports, entryOf, expiredTimeout, noTimeout } from "./stores.ts";

/** A store on a platform cache with only these operations. */
function create(cache: Partial<Cache> | (() => Promise<Cache>), timeout = noTimeout) {
  const { reports, report } = createReports();
  const openCache = typeof cache === "function" ? cache : async () => cache as Cache;
  return {
    store: createEdgeStore({ host: "mirror.example", openCache, timeout, report }),
    reports,
  };
}

test("an entry is stored under a URL of the mirror, for its whole life, unchanged", async () => {
  const puts: [unknown, Response][] = [];
  const put: Cache["put"] = async (key, response) => void puts.push([key, response]);
  const entry = { ...entryOf("abc", "a/b"), rewriteAt: 123 };
  await create({ put }).store.write("v2/tag/h/a b/x", entry, 2_592_000.9);
  const [url, response] = puts[0] ?? [];
  expect(url).toBe("https://mirror.example/v2/tag/h/a%20b/x");
  expect(Object.fromEntries(response?.headers ?? [])).toEqual({
    "content-type": "a/b",
    "content-length": "3",
    "cache-control": "public, max-age=2592000, no-transform",
    "sampan-rewrite-at": "123",
  });
});

test.each([
  ["without a media type", () => new Response(new Uint8Array(3))],
  ["that breaks off", () => new Response(brokenBody(), { headers: { "content-type": "a/b" } })],
])("an entry %s is absent", async (_, respond) => {
  expect(await create({ match: async () => respond() }).store.read("k")).toBeNull();
});

const rejects = () => Promise.reject(new Error("down"));
const throws = () => {
  throw new Error("down");
};

const never = () => new Promise<never>(() => {});

test.each([
  ["cannot be opened", rejects, noTimeout, "down"],
  ["does not open in time", never, expiredTimeout, "no answer within 2000 ms"],
  ["rejects", { match: rejects, put: rejects, delete: rejects }, noTimeout, "down"],
  ["throws", { match: throws, put: throws, delete: throws }, noTimeout, "down"],
])("a cache that %s is empty, and each failure is reported", async (_, cache, timeout, reason) => {
  const { store, reports } = create(cache, timeout);
  expect(await store.read("k")).toBeNull();
  expect(await store.write("k", entryOf("a"), 60)).toBe(false);
  await store.remove("k");
  expect(reports).toEqual([
    `edge cache read: Error: ${reason}`,
    `edge cache write: Error: ${reason}`,
    `edge cache delete: Error: ${reason}`,
  ]);
});

function brokenBody(): ReadableStream {
  return new ReadableStream({ pull: (controller) => controller.error(new Error("cut")) });
}
