import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { sweepBlobs } from "../../src/cache/blob-sweep.ts";
import { ownBucket } from "../support/mirror/stores.ts";
import { BLOB, BLOB_KEY, createStoreOn, DAY_MS, KEEP_MS, NOTE_KEY, streamOf } from "./buckets.ts";

const NOW = 2_000_000_000_000;

interface Kept {
  readonly key: string;
  readonly uploaded: Date;
  readonly customMetadata?: Record<string, string>;
}

let real: R2Bucket;
beforeEach(() => {
  real = ownBucket(env.BLOBS);
});

/** A bucket of these objects, with their ages, that lists so many at a time. */
function createFake(ages: Readonly<Record<string, number>>, pageSize = 1_000) {
  const kept = new Map<string, Kept>();
  for (const [key, ageMs] of Object.entries(ages)) {
    const customMetadata = { at: String(NOW - ageMs) };
    kept.set(key, { key, uploaded: new Date(NOW), customMetadata });
  }
  const deleted: string[][] = [];
  const bucket = {
    async list({ prefix = "", cursor = "" }: R2ListOptions) {
      const rest = [...kept.values()].filter(({ key }) => key.startsWith(prefix) && key > cursor);
      const objects = rest.slice(0, pageSize);
      const truncated = rest.length > pageSize;
      return { objects, truncated, ...(truncated && { cursor: objects.at(-1)?.key }) };
    },
    async delete(keys: string[]) {
      deleted.push(keys);
      for (const key of keys) kept.delete(key);
    },
  } as unknown as R2Bucket;
  const sweep = () => sweepBlobs(bucket, { now: () => NOW, keepMs: KEEP_MS });
  return { bucket, sweep, deleted, kept };
}

function notesOf(count: number, ageMs: number): Record<string, number> {
  const number = (index: number) => String(index).padStart(4, "0");
  const notes = Array.from({ length: count }, (_, index) => `used/r.example/${number(index)}`);
  return Object.fromEntries(notes.map((key) => [key, ageMs]));
}

test("deletes what is older than a blob is kept, and nothing that is not", async () => {
  const { sweep, kept } = createFake({
    "blobs/r.example/a": KEEP_MS + 1,
    "blobs/r.example/b": KEEP_MS,
    "blobs/r.example/c": 0,
  });
  expect(await sweep()).toBe(1);
  expect([...kept.keys()]).toEqual(["blobs/r.example/b", "blobs/r.example/c"]);
});

test("goes by the note of a blob that was pulled after it was kept, and takes both", async () => {
  const { sweep, deleted, kept } = createFake({
    "blobs/r.example/a": KEEP_MS * 3,
    "blobs/r.example/b": KEEP_MS * 3,
    "used/r.example/a": KEEP_MS * 2,
    "used/r.example/b": KEEP_MS - 1,
  });
  expect(await sweep()).toBe(1);
  expect(deleted).toEqual([["blobs/r.example/a"], ["used/r.example/a"]]);
  expect([...kept.keys()]).toEqual(["blobs/r.example/b", "used/r.example/b"]);
});

test("takes a note that is left over, once it is old", async () => {
  const { sweep, kept } = createFake({
    "used/r.example/a": KEEP_MS + 1,
    "used/r.example/b": KEEP_MS,
  });
  expect(await sweep()).toBe(0);
  expect([...kept.keys()]).toEqual(["used/r.example/b"]);
});

test("goes through every page, though pages shrink as it goes", async () => {
  const ages: Record<string, number> = {};
  for (let index = 0; index < 25; index++) {
    const name = `r.example/${String(index).padStart(4, "0")}`;
    ages[`blobs/${name}`] = KEEP_MS * 2;
    ages[`used/${name}`] = index % 2 === 0 ? KEEP_MS * 2 : 0;
  }
  const { sweep, kept } = createFake(ages, 4);
  expect(await sweep()).toBe(13);
  expect(kept.size).toBe(24);
});

test("deletes no more at once than R2 does", async () => {
  const { sweep, deleted } = createFake(notesOf(1_500, KEEP_MS * 2), 2_000);
  await sweep();
  expect(deleted.map((keys) => keys.length)).toEqual([1_000, 500]);
});

test("asks for no deletion where nothing is old", async () => {
  const { sweep, deleted } = createFake({ "blobs/r.example/a": 0, "used/r.example/a": 0 });
  expect(await sweep()).toBe(0);
  expect(deleted).toEqual([]);
});

test("deletes nothing where there are more notes than it can read", async () => {
  const ages = { "blobs/r.example/a": KEEP_MS * 2, ...notesOf(101, 0) };
  const { sweep, deleted } = createFake(ages, 1);
  await expect(sweep()).rejects.toThrow("more notes");
  expect(deleted).toEqual([]);
});

test("leaves the note where the blob could not be deleted, so that the next one tries again", async () => {
  const old = { "blobs/r.example/a": KEEP_MS * 2, "used/r.example/a": KEEP_MS * 2 };
  const { bucket, sweep, kept } = createFake(old);
  const works = bucket.delete;
  bucket.delete = async () => {
    throw new Error("internal error (10001)");
  };
  await expect(sweep()).rejects.toThrow("internal error");
  expect(kept.size).toBe(2);
  bucket.delete = works;
  expect(await sweep()).toBe(1);
  expect(kept.size).toBe(0);
});

test("of the platform's own bucket takes blob and note", async () => {
  const { isolate, clock } = createStoreOn(real);
  await isolate().write(BLOB.digest, streamOf(BLOB.text), 29);
  clock.ms += KEEP_MS / 2;
  await isolate().touch(BLOB.digest);
  const sweep = () => sweepBlobs(real, { now: clock.now, keepMs: KEEP_MS });
  const keys = async () => (await real.list()).objects.map(({ key }) => key);
  clock.ms += KEEP_MS - DAY_MS;
  expect(await sweep()).toBe(0);
  expect(await keys()).toEqual([BLOB_KEY, NOTE_KEY]);
  clock.ms += 2 * DAY_MS;
  expect(await sweep()).toBe(1);
  expect(await keys()).toEqual([]);
});

test("goes by R2's own date where an object has no other", async () => {
  await real.put(BLOB_KEY, BLOB.text);
  const at = (ms: number) => ({ now: () => Date.now() + ms, keepMs: KEEP_MS });
  expect(await sweepBlobs(real, at(KEEP_MS - DAY_MS))).toBe(0);
  expect(await sweepBlobs(real, at(KEEP_MS + DAY_MS))).toBe(1);
});

test("leaves a blob alone that is pulled while it looks", async () => {
  const { bucket, kept } = createFake({ "blobs/r.example/a": KEEP_MS + 1 });
  const list = async (options: R2ListOptions) => {
    const page = await bucket.list(options);
    const key = "used/r.example/a";
    const at = { customMetadata: { at: String(NOW) }, uploaded: new Date(NOW) };
    if (options.prefix === "blobs/") kept.set(key, { key, ...at });
    return page;
  };
  const pulled = { ...bucket, list } as unknown as R2Bucket;
  expect(await sweepBlobs(pulled, { now: () => NOW, keepMs: KEEP_MS })).toBe(0);
  expect([...kept.keys()]).toEqual(["blobs/r.example/a", "used/r.example/a"]);
});
