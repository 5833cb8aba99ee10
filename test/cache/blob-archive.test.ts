import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Digest } from "../../src/protocol/digest.ts";
import { ownBucket } from "../support/own-bucket.ts";
import {
  BLOB,
  BLOB_KEY,
  createStoreOn,
  DAY_MS,
  KEEP_MS,
  NOTE_KEY,
  streamOf,
  textIn,
} from "./buckets.ts";

const WRONG = `sha256:${"a".repeat(64)}` as Digest;

let real: R2Bucket;
beforeEach(() => {
  real = ownBucket(env.BLOBS);
});

async function keys(): Promise<string[]> {
  return (await real.list()).objects.map(({ key }) => key).sort();
}

async function put(bucket: R2Bucket, digest = BLOB.digest, text = BLOB.text, size = 29) {
  const { store, isolate, clock, reports } = createStoreOn(bucket);
  await store.write(digest, streamOf(text), size);
  return { store, isolate, clock, reports };
}

describe("a blob", () => {
  test("is kept as it came, in one object", async () => {
    const { store, reports } = await put(real);
    expect(await keys()).toEqual([BLOB_KEY]);
    expect(await store.size(BLOB.digest)).toBe(29);
    const kept = await store.read(BLOB.digest, null);
    expect([kept?.size, await textIn(kept?.body)]).toEqual([29, BLOB.text]);
    expect(reports).toEqual([]);
  });

  test.each([
    [{ first: 0, length: 3 }, "the"],
    [{ first: 4, length: 4 }, "only"],
    [{ first: 28, length: 1 }, "\n"],
    [{ first: 0, length: 29 }, BLOB.text],
  ])("is read in part: %o", async (part, text) => {
    const { store } = await put(real);
    const kept = await store.read(BLOB.digest, part);
    expect([kept?.size, await textIn(kept?.body)]).toEqual([29, text]);
  });

  test("of no bytes is a blob too", async () => {
    const empty =
      "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" as Digest;
    const { store } = await put(real, empty, "", 0);
    expect(await store.size(empty)).toBe(0);
    expect(await textIn((await store.read(empty, null))?.body)).toBe("");
  });

  test("that is not kept is null, and nothing is reported", async () => {
    const { store, reports } = createStoreOn(real);
    expect(await store.size(BLOB.digest)).toBeNull();
    expect(await store.read(BLOB.digest, null)).toBeNull();
    expect(await store.read(BLOB.digest, { first: 0, length: 1 })).toBeNull();
    expect(reports).toEqual([]);
  });

  test("of one registry is not there for another", async () => {
    await put(real);
    expect(BLOB_KEY).toBe(`blobs/registry-1.docker.io/${BLOB.digest}`);
    expect(await real.head(`blobs/ghcr.io/${BLOB.digest}`)).toBeNull();
  });

  test.each([
    ["sha512", "8b".repeat(64)],
    ["sha256", "8b".repeat(32)],
  ])("with a wrong %s leaves nothing", async (algorithm, hash) => {
    const { store, reports } = await put(real, `${algorithm}:${hash}` as Digest);
    expect(await keys()).toEqual([]);
    expect(await store.size(`${algorithm}:${hash}` as Digest)).toBeNull();
    expect(reports.length).toBe(1);
    expect(reports[0]).toContain("blob store write");
  });

  test.each([
    ["is shorter than was said", 30],
    ["is longer than was said", 28],
    ["has bytes where none were promised", 0],
  ])("that %s leaves nothing", async (_, size) => {
    const { reports } = await put(real, BLOB.digest, BLOB.text, size);
    expect(await keys()).toEqual([]);
    expect(reports.length).toBe(1);
  });

  test("that breaks off leaves nothing, and can be kept later", async () => {
    const { store, reports } = createStoreOn(real);
    await store.write(BLOB.digest, streamOf("the only", new Error("gone")), 29);
    expect(await keys()).toEqual([]);
    expect(reports.length).toBe(1);
    await store.write(BLOB.digest, streamOf(BLOB.text), 29);
    expect(await keys()).toEqual([BLOB_KEY]);
  });

  test("that is refused does not take the place of the one that is kept", async () => {
    const { store } = await put(real);
    await store.write(BLOB.digest, streamOf("x".repeat(29)), 29);
    expect(await textIn((await store.read(BLOB.digest, null))?.body)).toBe(BLOB.text);
  });
});

describe("a note", () => {
  test("is written four times at most in the time that a blob is kept, however often it is pulled", async () => {
    const { store, clock } = await noted();
    const puts = countPuts();
    const end = clock.ms + KEEP_MS;
    for (; clock.ms <= end; clock.ms += DAY_MS / 4) await store(puts.bucket).touch(BLOB.digest);
    expect(puts.keys.length).toBeGreaterThanOrEqual(3);
    expect(puts.keys.length).toBeLessThanOrEqual(4);
    expect(new Set(puts.keys)).toEqual(new Set([NOTE_KEY]));
  });

  test("is not looked for while the blob itself is young, nor twice by one isolate", async () => {
    await put(real);
    const asked: string[] = [];
    const head = (key: string) => {
      asked.push(key);
      return real.head(key);
    };
    const { store } = createStoreOn({ head } as R2Bucket);
    for (let pulls = 0; pulls < 5; pulls++) expect(await store.touch(BLOB.digest)).toBe(true);
    expect(asked).toEqual([BLOB_KEY]);
  });

  test("is an empty object, of the time of the pull", async () => {
    const { clock, isolate } = await put(real);
    clock.ms += KEEP_MS / 2;
    expect(await isolate().touch(BLOB.digest)).toBe(true);
    expect(await keys()).toEqual([BLOB_KEY, NOTE_KEY]);
    const note = await real.head(NOTE_KEY);
    expect([note?.size, note?.customMetadata]).toEqual([0, { at: String(clock.ms) }]);
  });

  test("is not looked at by the isolate that kept the blob", async () => {
    const { store, clock } = await put(real);
    await real.delete(BLOB_KEY);
    clock.ms += DAY_MS;
    expect(await store.touch(BLOB.digest)).toBe(true);
  });

  test("is not written for a blob that is not kept", async () => {
    const { store } = createStoreOn(real);
    expect(await store.touch(BLOB.digest)).toBe(false);
    expect(await keys()).toEqual([]);
  });

  test("does not stand for a blob whose fill failed", async () => {
    const { store, isolate } = await put(real, WRONG);
    expect([await store.touch(WRONG), await isolate().touch(WRONG)]).toEqual([false, false]);
  });

  /** A blob whose notes have the ages of the clock. */
  async function noted() {
    await put(real);
    const { clock } = createStoreOn(real);
    const stores = new Map<R2Bucket, ReturnType<typeof createStoreOn>>();
    const store = (bucket: R2Bucket) => {
      const known = stores.get(bucket) ?? createStoreOn(bucket);
      stores.set(bucket, known);
      known.clock.ms = clock.ms;
      return known.store;
    };
    return { store, clock };
  }

  function countPuts() {
    const written: string[] = [];
    const bucket = {
      head: (key: string) => real.head(key),
      put: async (key: string) => void written.push(key),
    } as unknown as R2Bucket;
    return { bucket, keys: written };
  }
});

describe("a bucket that fails", () => {
  const fail = async () => {
    throw new Error("internal error (10001)");
  };
  const broken = { head: fail, get: fail, put: fail } as unknown as R2Bucket;

  test("is empty, and each failure is reported", async () => {
    const { store, reports } = createStoreOn(broken);
    expect(await store.size(BLOB.digest)).toBeNull();
    expect(await store.read(BLOB.digest, null)).toBeNull();
    await store.write(BLOB.digest, streamOf(BLOB.text), 29);
    await store.touch(BLOB.digest);
    expect(reports).toEqual([
      "blob store read: Error: internal error (10001)",
      "blob store read: Error: internal error (10001)",
      "blob store write: Error: internal error (10001)",
      "blob store note: Error: internal error (10001)",
    ]);
  });

  test("lets go of the download", async () => {
    const endless = (cancelled: PromiseWithResolvers<void>) =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(1024)),
        cancel: () => cancelled.resolve(),
      });
    const puts = [fail, (key: string) => (key.startsWith("used/") ? Promise.resolve() : fail())];
    for (const refuse of puts) {
      const { store } = createStoreOn({ put: refuse } as unknown as R2Bucket);
      const cancelled = Promise.withResolvers<void>();
      await store.write(BLOB.digest, endless(cancelled), 1_000_000);
      await expect(cancelled.promise).resolves.toBeUndefined();
    }
  });

  test("that hangs is empty once the deadline has passed", async () => {
    const never = () => new Promise(() => {});
    const hanging = { head: never, get: never } as unknown as R2Bucket;
    const { store, reports } = createStoreOn(hanging, async () => {
      throw new Error("no answer within 2000 ms");
    });
    expect(await store.size(BLOB.digest)).toBeNull();
    expect(await store.read(BLOB.digest, { first: 0, length: 1 })).toBeNull();
    expect(reports[1]).toBe("blob store read: Error: no answer within 2000 ms");
  });
});
