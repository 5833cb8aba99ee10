import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/protocol/digest.ts";
import { COUNTED_BLOB, LAYER } from "../support/contents.ts";
import { type Mirror, read } from "../support/mirror/in-process.ts";
import {
  keysOf,
  LARGE_PATH,
  PULL,
  SMALL_PATH,
  useArchiveMirrors,
} from "../support/mirror/scenarios.ts";

const createMirror = useArchiveMirrors();
const DAY_SECONDS = 86_400;

/** The failures of stores in the log. */
function storeFailures({ log }: Mirror): string[] {
  const lines = log.filter(({ event }) => event === "cache failed");
  return lines.map(({ fields }) => `${fields.store} ${fields.operation}: ${fields.reason}`);
}

/** The fields of each failed backfill in the log. */
function backfillFailures({ log }: Mirror) {
  return log.filter(({ event }) => event === "backfill failed").map(({ fields }) => fields);
}

describe("a bucket that fails", () => {
  it.each([
    ["head", { range: "bytes=100-199" }, 206],
    ["get", {}, 200],
    ["get", { range: "bytes=100-199" }, 206],
  ] as const)(
    "[B4] on %s is treated as empty for a client that sends %o, and logged once",
    async (operation, headers, code) => {
      const mirror = createMirror();
      await mirror.warm(LARGE_PATH);
      mirror.restart("elsewhere");
      mirror.bucket.make(operation, "fail");
      mirror.hub.reset();
      for (let pulls = 1; pulls <= 2; pulls++) {
        const answer = await mirror.get(LARGE_PATH, headers);
        expect(answer.status).toBe(code);
        const expected = code === 200 ? COUNTED_BLOB.bytes : COUNTED_BLOB.bytes.slice(100, 200);
        expect(answer.bytes).toEqual(expected);
      }
      const reason = `Error: ${operation}: internal error (10001)`;
      expect(storeFailures(mirror)).toContain(`R2 blob read: ${reason}`);
      expect(new Set(storeFailures(mirror)).size).toBe(storeFailures(mirror).length);
    },
  );

  it("[B4] on write does not affect clients", async () => {
    const mirror = createMirror();
    mirror.bucket.make("put", "fail");
    for (let pulls = 1; pulls <= 3; pulls++) {
      expect(await digestOf((await mirror.get(LARGE_PATH)).bytes)).toBe(COUNTED_BLOB.digest);
    }
    const reasons = backfillFailures(mirror).map(({ reason }) => reason);
    expect(reasons).toEqual(Array(3).fill("Error: put: internal error (10001)"));
    expect(await mirror.bucket.keys()).toEqual([]);
  });

  it("[B4] on everything leaves the upstream and the other caches", async () => {
    const mirror = createMirror();
    for (const operation of ["head", "get", "put", "list", "delete"] as const) {
      mirror.bucket.make(operation, "fail");
    }
    for (const path of PULL) {
      expect((await mirror.get(path)).status).toBe(200);
      expect((await mirror.head(path)).status).toBe(200);
    }
    mirror.calls();
    expect((await mirror.get(SMALL_PATH)).text).toBe(LAYER.text);
    expect(mirror.calls()).toEqual([]);
  });
});

describe("a bucket that hangs", () => {
  it.each([
    ["get", {}, 200],
    ["head", { range: "bytes=0-9" }, 206],
    ["get", { range: "bytes=0-9" }, 206],
  ] as const)(
    "[B4] [12] on %s is treated as empty after two seconds: %o",
    async (operation, headers, code) => {
      const mirror = createMirror();
      await mirror.warm(LARGE_PATH);
      mirror.restart("elsewhere");
      mirror.bucket.make(operation, "hang");
      mirror.bucket.reset();
      const before = mirror.hub.count({ host: "storage" });
      const sending = mirror.send(LARGE_PATH, { headers });
      await expect.poll(() => mirror.bucket.count(operation)).toBe(1);
      mirror.clock.advance(1.999);
      expect(mirror.hub.count({ host: "storage" })).toBe(before);
      mirror.clock.advance(0.001);
      const answer = await read("GET", await sending);
      expect([answer.status, answer.bytes.length]).toEqual([code, code === 200 ? 1_500_000 : 10]);
      expect(storeFailures(mirror)).toContain(
        "R2 blob read: TimeoutError: no answer within 2000 ms",
      );
    },
  );

  it("[B4] on write delays no client", async () => {
    const mirror = createMirror();
    mirror.bucket.make("put", "hang");
    for (let pulls = 1; pulls <= 2; pulls++) {
      const answer = await read("GET", await mirror.send(LARGE_PATH));
      expect(await digestOf(answer.bytes)).toBe(COUNTED_BLOB.digest);
    }
    expect(await mirror.bucket.keys()).toEqual([]);
  });
});

describe("the age of a layer in R2", () => {
  const LARGE_KEY = `blobs/registry-1.docker.io/${COUNTED_BLOB.digest}`;

  it.each([
    [{}, 15],
    [{ BLOB_KEEP_DAYS: 2 }, 1],
  ])("[B1a] starts anew with a pull after half of BLOB_KEEP_DAYS: %o", async (env, halfDays) => {
    const mirror = createMirror({ env, hub: { tokenSeconds: 100 * DAY_SECONDS } });
    await mirror.warm(LARGE_PATH);
    mirror.bucket.reset();
    mirror.clock.advance(halfDays * DAY_SECONDS - 1);
    expect(await digestOf((await mirror.get(LARGE_PATH)).bytes)).toBe(COUNTED_BLOB.digest);
    expect(mirror.bucket.count("put")).toBe(0);
    mirror.clock.advance(2);
    expect(await digestOf((await mirror.get(LARGE_PATH)).bytes)).toBe(COUNTED_BLOB.digest);
    expect(mirror.bucket.count("put")).toBe(1);
    expect(mirror.bucket.uploadedAt(LARGE_KEY)).toBe(mirror.clock.now());
    mirror.clock.advance(halfDays * DAY_SECONDS - 1);
    expect(await digestOf((await mirror.get(LARGE_PATH)).bytes)).toBe(COUNTED_BLOB.digest);
    expect(mirror.bucket.count("put")).toBe(1);
  });

  it("[B1a] starts anew with a small layer that is pulled from memory", async () => {
    const mirror = createMirror();
    await mirror.warm(SMALL_PATH);
    const [key = ""] = keysOf(LAYER.digest);
    for (let days = 0; days < 60; days += 10) {
      mirror.clock.advance(10 * DAY_SECONDS);
      expect((await mirror.get(SMALL_PATH)).text).toBe(LAYER.text);
      const ageDays = (mirror.clock.now() - (mirror.bucket.uploadedAt(key) ?? 0)) / 86_400_000;
      expect(ageDays).toBeLessThanOrEqual(15);
    }
  });

  it("[B1a] starts anew once for many clients, without markers, lists or deletes", async () => {
    const mirror = createMirror();
    await mirror.warm(LARGE_PATH);
    mirror.bucket.reset();
    mirror.clock.advance(16 * DAY_SECONDS);
    const answers = await Promise.all(Array.from({ length: 5 }, () => mirror.get(LARGE_PATH)));
    for (const { bytes } of answers) expect(await digestOf(bytes)).toBe(COUNTED_BLOB.digest);
    expect(mirror.bucket.count("put")).toBe(1);
    expect(mirror.bucket.count("list") + mirror.bucket.count("delete")).toBe(0);
    expect(await mirror.bucket.keys()).toEqual(keysOf(COUNTED_BLOB.digest));
  });

  it("[B1a] [B4] does not matter to a client if the layer cannot be written again", async () => {
    const mirror = createMirror();
    await mirror.warm(LARGE_PATH);
    mirror.bucket.make("put", "fail");
    mirror.clock.advance(16 * DAY_SECONDS);
    expect(await digestOf((await mirror.get(LARGE_PATH)).bytes)).toBe(COUNTED_BLOB.digest);
    expect(await mirror.bucket.keys()).toEqual(keysOf(COUNTED_BLOB.digest));
  });
});
