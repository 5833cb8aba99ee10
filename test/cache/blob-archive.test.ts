import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import {
  type BlobArchive,
  createEdgeArchive,
  createR2Archive,
} from "../../src/cache/blob-archive.ts";
import { createMemory } from "../../src/platform/memory.ts";
import type { Digest } from "../../src/protocol/digest.ts";
import { createReports, expiredTimeout, noTimeout } from "./stores.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const KEEP_DAYS = 30;
const TEXT = "the only layer of this image\n";
const SIZE = 29;
const DIGEST = "sha256:3b4d922053807bd0a41bad4f1357a1ab35f50cd885d015057086321245cbb33c" as Digest;
const BUCKET = env.BLOBS;

/** Each test has a registry of its own, since the platform empties a bucket late. */
let registry: string;
beforeEach(() => {
  registry = `${crypto.randomUUID()}.example`;
});

/** An archive in the platform's bucket. Operations in `fakes` replace those of the bucket. */
function create(fakes: Partial<R2Bucket> = {}, timeout = noTimeout) {
  const clock = { ms: Date.now() };
  const { reports, report } = createReports();
  const calls: string[] = [];
  const bucket = new Proxy(BUCKET, {
    get: (target, name) => {
      const operation = Reflect.get(fakes, name) ?? Reflect.get(target, name).bind(target);
      return (...rest: unknown[]) => {
        calls.push(String(name));
        return operation(...rest);
      };
    },
  });
  const isolate = () =>
    createR2Archive({
      ...{ bucket, registry, timeout, report, now: () => clock.ms, maxBytes: 100 },
      keepMs: KEEP_DAYS * DAY_MS,
      uploadDates: createMemory<number>(10),
    });
  return { archive: isolate(), isolate, clock, calls, reports };
}

/** @returns the keys in the bucket. */
async function keys(): Promise<string[]> {
  const { objects } = await BUCKET.list({ prefix: `blobs/${registry}/` });
  return objects.map(({ key }) => key);
}

/** A stream that ends, or breaks off with `error`. */
function streamOf(text: string, error?: Error): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      if (text !== "") controller.enqueue(new TextEncoder().encode(text));
      text = "";
      if (error) controller.error(error);
      else controller.close();
    },
  });
}

/** A download that never ends, and a promise of its cancellation. */
function createEndless() {
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1024)),
    cancel: () => resolve(),
  });
  return { body, cancelled };
}

async function textIn(blob: { readonly body: ReadableStream } | null): Promise<string | null> {
  return blob && new Response(blob.body).text();
}

describe("a blob", () => {
  test("is stored as one object and read as it was written", async () => {
    const { archive, reports } = create();
    await archive.write(DIGEST, streamOf(TEXT), SIZE);
    expect(await keys()).toEqual([`blobs/${registry}/${DIGEST}`]);
    expect(await archive.size(DIGEST)).toBe(SIZE);
    const blob = await archive.read(DIGEST, null);
    expect([blob?.size, await textIn(blob)]).toEqual([SIZE, TEXT]);
    expect(reports).toEqual([]);
  });

  test.each([
    [{ first: 0, length: 3 }, "the"],
    [{ first: 4, length: 4 }, "only"],
    [{ first: 28, length: 1 }, "\n"],
    [{ first: 0, length: SIZE }, TEXT],
  ])("is read in part: %o", async (span, text) => {
    const { archive } = create();
    await archive.write(DIGEST, streamOf(TEXT), SIZE);
    const blob = await archive.read(DIGEST, span);
    expect([blob?.size, await textIn(blob)]).toEqual([SIZE, text]);
  });

  test("may be empty", async () => {
    const empty =
      "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" as Digest;
    const { archive } = create();
    await archive.write(empty, streamOf(""), 0);
    expect([await archive.size(empty), await textIn(await archive.read(empty, null))]).toEqual([
      0,
      "",
    ]);
  });

  test("is null if it is absent, which is no failure", async () => {
    const { archive, reports } = create();
    expect(await archive.size(DIGEST)).toBeNull();
    expect(await archive.read(DIGEST, null)).toBeNull();
    expect(await archive.read(DIGEST, { first: 0, length: 1 })).toBeNull();
    expect(reports).toEqual([]);
  });

  test.each<[string, string, ReadableStream<Uint8Array>, number]>([
    ["with a wrong sha256", `sha256:${"8b".repeat(32)}`, streamOf(TEXT), SIZE],
    ["with a wrong sha512", `sha512:${"8b".repeat(64)}`, streamOf(TEXT), SIZE],
    ["shorter than its size", DIGEST, streamOf(TEXT), 30],
    ["longer than its size", DIGEST, streamOf(TEXT), 28],
    ["that should be empty", DIGEST, streamOf(TEXT), 0],
    ["that breaks off", DIGEST, streamOf("the only", new Error("cut")), SIZE],
  ])("%s is not stored, and the write fails", async (_, digest, body, size) => {
    const { archive } = create();
    await expect(archive.write(digest as Digest, body, size)).rejects.toThrow(Error);
    expect(await keys()).toEqual([]);
  });

  test("is not stored if the write is cancelled", async () => {
    const { archive } = create();
    const controller = new AbortController();
    const { body, cancelled } = createEndless();
    const writing = archive.write(DIGEST, body, 1_000_000, controller.signal);
    controller.abort(new Error("the client disconnected"));
    await expect(writing).rejects.toThrow("disconnected");
    await expect(cancelled).resolves.toBeUndefined();
    expect(await keys()).toEqual([]);
  });

  test("that is stored already survives a failed write", async () => {
    const { archive } = create();
    await archive.write(DIGEST, streamOf(TEXT), SIZE);
    const second = archive.write(DIGEST, streamOf("x".repeat(SIZE)), SIZE);
    await expect(second).rejects.toThrow(Error);
    expect(await textIn(await archive.read(DIGEST, null))).toBe(TEXT);
  });
});

describe("recordAccess", () => {
  /** @returns a new isolate `days` after a blob was stored. */
  async function createAfter(days: number, fakes: Partial<R2Bucket> = {}) {
    await create().archive.write(DIGEST, streamOf(TEXT), SIZE);
    const created = create(fakes);
    created.clock.ms += days * DAY_MS;
    return created;
  }

  /** Reads the blob and records the pull. */
  async function pull({ archive }: { readonly archive: BlobArchive }) {
    await archive.size(DIGEST);
    await archive.recordAccess(DIGEST);
  }

  test("does not rewrite a blob in the first half of its life", async () => {
    const created = await createAfter(KEEP_DAYS / 2 - 1);
    await pull(created);
    expect(created.calls).toEqual(["head"]);
  });

  test("rewrites an older blob, so that it stays for its whole life after the pull", async () => {
    const created = await createAfter(KEEP_DAYS / 2 + 1);
    await pull(created);
    await pull(created);
    expect(created.calls).toEqual(["head", "get", "put", "head"]);
    expect(await textIn(await created.archive.read(DIGEST, null))).toBe(TEXT);
    expect(created.reports).toEqual([]);
  });

  test("rewrites a blob once for concurrent pulls", async () => {
    const created = await createAfter(KEEP_DAYS / 2 + 1);
    await Promise.all([1, 2, 3].map(() => pull(created)));
    expect(created.calls.filter((call) => call !== "head")).toEqual(["get", "put"]);
  });

  test("rewrites a blob every half life while it is pulled", async () => {
    const created = await createAfter(0);
    for (let days = 0; days < 2 * KEEP_DAYS; days++) {
      await pull(created);
      created.clock.ms += DAY_MS;
    }
    expect(created.calls.filter((call) => call === "put")).toHaveLength(3);
  });

  test("does not look at a blob that this isolate has just written", async () => {
    const { archive, calls } = create();
    await archive.write(DIGEST, streamOf(TEXT), SIZE);
    await archive.recordAccess(DIGEST);
    expect(calls).toEqual(["put"]);
  });

  test("tries a failed rewrite again at the next pull", async () => {
    const created = await createAfter(KEEP_DAYS / 2 + 1, { put: fail });
    await pull(created);
    await pull(created);
    expect(created.calls).toEqual(["head", "get", "put", "head", "get", "put"]);
    expect(created.reports[0]).toBe("R2 blob rewrite: Error: internal error (10001)");
  });
});

describe("a bucket that fails", () => {
  test("is empty, and each failure is reported", async () => {
    const { archive, reports } = create({ head: fail, get: fail, put: fail });
    expect(await archive.size(DIGEST)).toBeNull();
    expect(await archive.read(DIGEST, null)).toBeNull();
    expect(reports).toEqual(Array(2).fill("R2 blob read: Error: internal error (10001)"));
  });

  test("ends the download", async () => {
    const { body, cancelled } = createEndless();
    const writing = create({ put: fail }).archive.write(DIGEST, body, 1_000_000);
    await expect(writing).rejects.toThrow("internal error (10001)");
    await expect(cancelled).resolves.toBeUndefined();
  });

  test("is empty if it does not answer in time", async () => {
    const never = () => new Promise<never>(() => {});
    const { archive, reports } = create({ head: never, get: never }, expiredTimeout);
    expect(await archive.size(DIGEST)).toBeNull();
    expect(await archive.read(DIGEST, { first: 0, length: 1 })).toBeNull();
    expect(reports[1]).toBe("R2 blob read: Error: no answer within 2000 ms");
  });
});

describe("without a bucket, the archive at the edge", () => {
  function createAtEdge(fakes: Partial<Cache> = {}, timeout = noTimeout, maxBytes = 100) {
    const { reports, report } = createReports();
    const openCache = async () => {
      const cache = await caches.open("blobs");
      const [match, put, remove] = [cache.match, cache.put, cache.delete];
      const own = { match: match.bind(cache), put: put.bind(cache), delete: remove.bind(cache) };
      return { ...own, ...fakes } as Cache;
    };
    const host = "mirror.example";
    const options = { openCache, host, registry, timeout, report, maxBytes };
    return { archive: createEdgeArchive(options), reports };
  }

  test("stores a blob and reads it, whole and in part", async () => {
    const { archive, reports } = createAtEdge();
    await archive.write(DIGEST, streamOf(TEXT), SIZE);
    const parts = [null, { first: 4, length: 4 }, { first: 28, length: 1 }];
    for (const [index, text] of [TEXT, "only", "\n"].entries()) {
      const blob = await archive.read(DIGEST, parts[index] ?? null);
      expect(await textIn(blob)).toBe(text);
    }
    expect(await archive.size(DIGEST)).toBe(SIZE);
    expect(reports).toEqual([]);
  });

  test("has no blob of another registry", async () => {
    await createAtEdge().archive.write(DIGEST, streamOf(TEXT), SIZE);
    registry = "other.example";
    const { archive } = createAtEdge();
    expect([await archive.size(DIGEST), await archive.read(DIGEST, null)]).toEqual([null, null]);
  });

  test("keeps a blob for at most seven days, unchanged", async () => {
    const puts: { url: string; headers: object; text: string }[] = [];
    const put: Cache["put"] = async (url, response) => {
      const headers = Object.fromEntries(response.headers);
      puts.push({ url: String(url), headers, text: await response.text() });
    };
    await createAtEdge({ put }).archive.write(DIGEST, streamOf(TEXT), SIZE);
    const [blob, name] = puts;
    const copy = name?.text;
    expect(copy).toMatch(/^[0-9a-f-]{36}$/);
    expect(blob).toEqual({
      url: `https://mirror.example/v2/blobs/${copy}/${registry}/${DIGEST}`,
      headers: {
        "content-type": "application/octet-stream",
        "content-length": "29",
        "cache-control": "public, max-age=604800, no-transform",
      },
      text: TEXT,
    });
    expect(name?.url).toBe(`https://mirror.example/v2/copies/${registry}/${DIGEST}`);
    expect(name?.headers).toMatchObject({
      "cache-control": "public, max-age=604800, no-transform",
    });
  });

  test("never reads a truncated blob that the cache stores after its write has failed", async () => {
    const cache = await caches.open("blobs");
    let late = async () => {};
    const put: Cache["put"] = async (url, response) => {
      const { headers } = response;
      const body = await response.text().catch(() => "the only");
      if (body.length === SIZE || url.toString().includes("/copies/")) {
        return cache.put(url, new Response(body, { headers }));
      }
      late = () => cache.put(url, new Response(body, { headers: { ...CACHED } }));
      throw new Error("cut");
    };
    const { archive } = createAtEdge({ put });
    const cut = archive.write(DIGEST, streamOf("the only", new Error("cut")), SIZE);
    await expect(cut).rejects.toThrow("cut");
    await late();
    expect([await archive.size(DIGEST), await archive.read(DIGEST, null)]).toEqual([null, null]);
    await archive.write(DIGEST, streamOf(TEXT), SIZE);
    await late();
    expect(await textIn(await archive.read(DIGEST, null))).toBe(TEXT);
  });

  test("is without a blob whose copy was evicted, and stores it again", async () => {
    const { archive } = createAtEdge();
    await archive.write(DIGEST, streamOf(TEXT), SIZE);
    const cache = await caches.open("blobs");
    const copyUrl = `https://mirror.example/v2/copies/${registry}/${DIGEST}`;
    const copy = await (await cache.match(copyUrl))?.text();
    await cache.delete(`https://mirror.example/v2/blobs/${copy}/${registry}/${DIGEST}`);
    expect(await archive.size(DIGEST)).toBeNull();
    await archive.write(DIGEST, streamOf(TEXT), SIZE);
    expect(await textIn(await archive.read(DIGEST, null))).toBe(TEXT);
  });

  test.each([
    [100, 100],
    [0, 0],
    [1_073_741_824, 512_000_000],
  ])("with BLOB_MAX_BYTES = %i stores blobs of at most %i bytes", (maxBytes, expected) => {
    expect(createAtEdge({}, noTimeout, maxBytes).archive.maxBytes).toBe(expected);
  });

  test.each<[string, ReadableStream<Uint8Array>, number]>([
    ["shorter than its size", streamOf(TEXT), 30],
    ["longer than its size", streamOf(TEXT), 28],
    ["that breaks off", streamOf("the only", new Error("cut")), SIZE],
  ])("does not store a blob %s", async (_, body, size) => {
    const { archive } = createAtEdge();
    await expect(archive.write(DIGEST, body, size)).rejects.toThrow(Error);
    expect(await archive.size(DIGEST)).toBeNull();
  });

  test("does not store a blob if the write is cancelled", async () => {
    const { archive } = createAtEdge();
    const controller = new AbortController();
    const { body, cancelled } = createEndless();
    const writing = archive.write(DIGEST, body, 1_000_000, controller.signal);
    controller.abort(new Error("the client disconnected"));
    await expect(writing).rejects.toThrow(Error);
    await expect(cancelled).resolves.toBeUndefined();
    expect(await archive.size(DIGEST)).toBeNull();
  });

  test("is empty if it fails or does not answer in time, and each failure is reported", async () => {
    const failing = createAtEdge({ match: fail });
    const slow = createAtEdge({}, expiredTimeout);
    for (const { archive, reports } of [failing, slow]) {
      expect([await archive.size(DIGEST), await archive.read(DIGEST, null)]).toEqual([null, null]);
      expect(reports).toHaveLength(2);
    }
    expect(failing.reports[0]).toBe("edge cache blob read: Error: internal error (10001)");
  });

  test("is empty if the cache does not report the length of a blob", async () => {
    const { archive } = createAtEdge({ match: async () => new Response(streamOf(TEXT)) });
    expect([await archive.size(DIGEST), await archive.read(DIGEST, null)]).toEqual([null, null]);
  });

  test("ignores a whole response to a range", async () => {
    const match = async () => new Response(TEXT, { headers: { "content-length": "29" } });
    expect(await createAtEdge({ match }).archive.read(DIGEST, { first: 1, length: 2 })).toBeNull();
  });
});

const CACHED = { "cache-control": "max-age=60" };

async function fail(): Promise<never> {
  throw new Error("internal error (10001)");
}
