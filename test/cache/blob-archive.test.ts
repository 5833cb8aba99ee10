import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { createBlobArchive } from "../../src/cache/blob-archive.ts";
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
    createBlobArchive({
      ...{ bucket, registry, timeout, report, now: () => clock.ms },
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
  ])("%s is not stored, and the failure is reported", async (_, digest, body, size) => {
    const { archive, reports } = create();
    await archive.write(digest as Digest, body, size);
    expect(await keys()).toEqual([]);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toContain("blob archive write: ");
  });

  test("that is stored already survives a failed write", async () => {
    const { archive } = create();
    await archive.write(DIGEST, streamOf(TEXT), SIZE);
    await archive.write(DIGEST, streamOf("x".repeat(SIZE)), SIZE);
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

  test("does not rewrite a blob in the first half of its life, and looks at it once", async () => {
    const { archive, calls } = await createAfter(KEEP_DAYS / 2 - 1);
    expect([await archive.recordAccess(DIGEST), await archive.recordAccess(DIGEST)]).toEqual([
      true,
      true,
    ]);
    expect(calls).toEqual(["head"]);
  });

  test("rewrites an older blob, so that it stays for its whole life after the pull", async () => {
    const { archive, calls, reports } = await createAfter(KEEP_DAYS / 2 + 1);
    expect(await archive.recordAccess(DIGEST)).toBe(true);
    expect(await archive.recordAccess(DIGEST)).toBe(true);
    expect(calls).toEqual(["head", "get", "put"]);
    expect(await textIn(await archive.read(DIGEST, null))).toBe(TEXT);
    expect(reports).toEqual([]);
  });

  test("rewrites a blob once for concurrent pulls", async () => {
    const { archive, calls } = await createAfter(KEEP_DAYS / 2 + 1);
    await Promise.all([1, 2, 3].map(() => archive.recordAccess(DIGEST)));
    expect(calls).toEqual(["head", "get", "put"]);
  });

  test("rewrites a blob every half life while it is pulled", async () => {
    const { archive, clock, calls } = await createAfter(0);
    for (let days = 0; days < 2 * KEEP_DAYS; days++) {
      await archive.recordAccess(DIGEST);
      clock.ms += DAY_MS;
    }
    expect(calls.filter((call) => call === "put")).toHaveLength(3);
  });

  test("reports an absent blob as absent, each time", async () => {
    const { archive } = create();
    expect([await archive.recordAccess(DIGEST), await archive.recordAccess(DIGEST)]).toEqual([
      false,
      false,
    ]);
  });

  test("does not look at a blob that this isolate has just written", async () => {
    const { archive, calls } = create();
    await archive.write(DIGEST, streamOf(TEXT), SIZE);
    expect(await archive.recordAccess(DIGEST)).toBe(true);
    expect(calls).toEqual(["put"]);
  });

  test("tries a failed rewrite again at the next pull", async () => {
    const { archive, calls, reports } = await createAfter(KEEP_DAYS / 2 + 1, { put: fail });
    await archive.recordAccess(DIGEST);
    await archive.recordAccess(DIGEST);
    expect(calls).toEqual(["head", "get", "put", "head", "get", "put"]);
    expect(reports[0]).toBe("blob archive rewrite: Error: internal error (10001)");
  });
});

describe("a bucket that fails", () => {
  test("is empty, and each failure is reported", async () => {
    const { archive, reports } = create({ head: fail, get: fail, put: fail });
    expect(await archive.size(DIGEST)).toBeNull();
    expect(await archive.read(DIGEST, null)).toBeNull();
    await archive.write(DIGEST, streamOf(TEXT), SIZE);
    // The caller has no reason to store the blob again.
    expect(await archive.recordAccess(DIGEST)).toBe(true);
    expect(reports).toEqual(
      ["read", "read", "write", "rewrite"].map(
        (operation) => `blob archive ${operation}: Error: internal error (10001)`,
      ),
    );
  });

  test("ends the download", async () => {
    const cancelled = Promise.withResolvers<void>();
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1024)),
      cancel: () => cancelled.resolve(),
    });
    await create({ put: fail }).archive.write(DIGEST, endless, 1_000_000);
    await expect(cancelled.promise).resolves.toBeUndefined();
  });

  test("is empty if it does not answer in time", async () => {
    const never = () => new Promise<never>(() => {});
    const { archive, reports } = create({ head: never, get: never }, expiredTimeout);
    expect(await archive.size(DIGEST)).toBeNull();
    expect(await archive.read(DIGEST, { first: 0, length: 1 })).toBeNull();
    expect(reports[1]).toBe("blob archive read: Error: no answer within 2000 ms");
  });
});

async function fail(): Promise<never> {
  throw new Error("internal error (10001)");
}
