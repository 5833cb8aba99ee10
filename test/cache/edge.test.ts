import { expect, test } from "vitest";
import { createEdgeStore } from "../../src/cache/edge.ts";
import { entryOf, noDeadline } from "./stores.ts";

const DEPS = { host: "mirror.example", report: () => {}, deadline: noDeadline };

/** A cache of the platform that does what it is told to. */
function openFake(parts: Partial<Cache>): () => Promise<Cache> {
  return async () => parts as Cache;
}

test("an entry is put under a URL of the mirror's own host, for its life, untouched", async () => {
  const puts: [unknown, Response][] = [];
  const put: Cache["put"] = async (key, response) => void puts.push([key, response]);
  await createEdgeStore({ ...DEPS, open: openFake({ put }) }).write(
    "v1/tag/h/a b/x",
    { ...entryOf("abc", "a/b"), dueAt: 123 },
    60.9,
  );
  const [url, response] = puts[0] ?? [];
  expect(url).toBe("https://mirror.example/v1/tag/h/a%20b/x");
  expect(Object.fromEntries(response?.headers ?? [])).toEqual({
    "content-type": "a/b",
    "content-length": "3",
    "cache-control": "public, max-age=60, no-transform",
    "sampan-due-at": "123",
  });
});

test("an answer without a media type is not there", async () => {
  const match = async () => new Response(new Uint8Array(3));
  expect(await createEdgeStore({ ...DEPS, open: openFake({ match }) }).read("k")).toBeNull();
});

test.each([
  ["opened", () => Promise.reject(new Error("down"))],
  ["used", openFake({ match: fail, put: fail, delete: fail })],
  ["used, at once", openFake({ match: throwNow, put: throwNow, delete: throwNow })],
])("a cache that cannot be %s is empty, and the log is told", async (_, open) => {
  const reports: unknown[] = [];
  const store = createEdgeStore({
    ...DEPS,
    open,
    report: (name, operation, cause) => reports.push([name, operation, String(cause)]),
  });
  expect(await store.read("k")).toBeNull();
  await store.write("k", entryOf("a"), 60);
  await store.delete("k");
  expect(reports).toEqual([
    ["edge cache", "read", "Error: down"],
    ["edge cache", "write", "Error: down"],
    ["edge cache", "delete", "Error: down"],
  ]);
});

test("a cache that does not open in time is empty", async () => {
  const opening: Promise<unknown>[] = [];
  const store = createEdgeStore({
    ...DEPS,
    open: () => new Promise(() => {}),
    deadline: (work) => {
      opening.push(work);
      return Promise.reject(new Error("no answer within 2000 ms"));
    },
  });
  expect(await store.read("k")).toBeNull();
  await store.write("k", entryOf("a"), 60);
  await store.delete("k");
  expect(opening).toHaveLength(3);
});

test("an answer that breaks off is not there", async () => {
  const body = new ReadableStream({ pull: (controller) => controller.error(new Error("cut")) });
  const match = async () => new Response(body, { headers: { "content-type": "a/b" } });
  expect(await createEdgeStore({ ...DEPS, open: openFake({ match }) }).read("k")).toBeNull();
});

function fail(): Promise<never> {
  return Promise.reject(new Error("down"));
}

function throwNow(): never {
  throw new Error("down");
}
