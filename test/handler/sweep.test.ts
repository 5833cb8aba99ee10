import { describe, expect, it } from "vitest";
import { LAYER } from "./support/images.ts";
import {
  COUNTED_BLOB,
  keysOf,
  LARGE_PATH,
  notedKeysOf,
  SMALL_PATH,
  STORAGE,
  useKeepingMirrors,
} from "./support/keeping.ts";
import type { Mirror } from "./support/mirror.ts";

const createMirror = useKeepingMirrors();
const DAY_SECONDS = 86_400;

function told(mirror: Mirror, event: string) {
  return mirror.log.filter((line) => line.event === event).map(({ fields }) => fields);
}

describe("the cron trigger", () => {
  it("[B5] deletes a blob that nobody has pulled for BLOB_KEEP_DAYS, and says how many", async () => {
    const mirror = createMirror({ env: { BLOB_KEEP_DAYS: 2 } });
    await mirror.get(LARGE_PATH);
    mirror.clock.advance(2 * DAY_SECONDS);
    await mirror.tend();
    expect(await mirror.bucket.keys()).toEqual(keysOf(COUNTED_BLOB.digest));
    mirror.clock.advance(1);
    await mirror.tend();
    expect(await mirror.bucket.keys()).toEqual([]);
    expect(told(mirror, "sweep")).toEqual([{ deletedBlobs: 0 }, { deletedBlobs: 1 }]);
  });

  it.each([
    ["a GET", (mirror: Mirror) => mirror.get(LARGE_PATH)],
    ["a range", (mirror: Mirror) => mirror.get(LARGE_PATH, { range: "bytes=0-0" })],
    ["a HEAD", (mirror: Mirror) => mirror.head(LARGE_PATH)],
  ])("[B5] keeps a blob as long as it is pulled now and then, by %s", async (_, ask) => {
    const mirror = createMirror();
    await mirror.get(LARGE_PATH);
    for (let pulls = 0; pulls < 5; pulls++) {
      mirror.clock.advance(20 * DAY_SECONDS);
      await ask(mirror);
      await mirror.tend();
    }
    expect(await mirror.bucket.keys()).toEqual(notedKeysOf(COUNTED_BLOB.digest));
    mirror.clock.advance(30 * DAY_SECONDS + 1);
    await mirror.tend();
    expect(await mirror.bucket.keys()).toEqual([]);
  });

  it("[B5] keeps a small blob that is pulled from memory alone", async () => {
    const mirror = createMirror();
    await mirror.get(SMALL_PATH);
    for (let days = 0; days < 60; days += 10) {
      mirror.clock.advance(10 * DAY_SECONDS);
      await mirror.get(SMALL_PATH);
    }
    await mirror.tend();
    expect(await mirror.bucket.keys()).toEqual(notedKeysOf(LAYER.digest));
  });

  it("[B5] writes no more than four notes for a blob in that time", async () => {
    const mirror = createMirror();
    await mirror.get(LARGE_PATH);
    mirror.bucket.reset();
    for (let days = 0; days < 30; days++) {
      mirror.clock.advance(DAY_SECONDS);
      if (days % 5 === 0) mirror.restart("elsewhere");
      await mirror.get(LARGE_PATH, { range: "bytes=0-9" });
    }
    expect(mirror.bucket.count("put")).toBeGreaterThanOrEqual(3);
    expect(mirror.bucket.count("put")).toBeLessThanOrEqual(4);
  });

  it("[B5] [B1] does not keep what it deleted from being kept again", async () => {
    const mirror = createMirror();
    await mirror.get(LARGE_PATH);
    mirror.clock.advance(31 * DAY_SECONDS);
    await mirror.tend();
    expect((await mirror.get(LARGE_PATH)).bytes).toEqual(COUNTED_BLOB.bytes);
    expect(mirror.hub.count(STORAGE)).toBe(4);
    expect(await mirror.bucket.keys()).toEqual(keysOf(COUNTED_BLOB.digest));
    mirror.clock.advance(20 * DAY_SECONDS);
    await mirror.tend();
    expect(await mirror.bucket.keys()).toEqual(keysOf(COUNTED_BLOB.digest));
  });

  it("[B5] finds nothing that a failed fill has left", async () => {
    const mirror = createMirror();
    const cut = () => new Response("x".repeat(9), { headers: { "content-length": "9" } });
    let storage = 0;
    mirror.hub.intercept(({ host }) => {
      if (host === "storage") storage += 1;
      return host === "storage" && storage === 2 ? cut() : undefined;
    });
    await mirror.get(LARGE_PATH);
    expect(storage).toBe(2);
    expect(await mirror.bucket.keys()).toEqual([]);
    await mirror.tend();
    expect(told(mirror, "sweep")).toEqual([{ deletedBlobs: 0 }]);
  });

  it.each(["list", "delete"] as const)(
    "[B5] [B6] warms tags though the bucket fails to %s, and tells",
    async (operation) => {
      const mirror = createMirror();
      await mirror.get(LARGE_PATH);
      await mirror.get("/v2/busybox/manifests/1.36");
      mirror.clock.advance(31 * DAY_SECONDS);
      await mirror.get("/v2/busybox/manifests/1.36");
      mirror.bucket.make(operation, "fail");
      await mirror.tend();
      expect(told(mirror, "sweep")).toEqual([
        { reason: `Error: ${operation}: internal error (10001)` },
      ]);
      expect(told(mirror, "warm")).toMatchObject([{ checked: 1, moved: 0, failed: 0 }]);
      mirror.bucket.make(operation, "work");
      await mirror.tend();
      expect(await mirror.bucket.keys()).toEqual([]);
    },
  );

  it("[B5] says nothing of blobs where there is no bucket", async () => {
    const mirror = createMirror({ keepsBlobs: false });
    await mirror.tend();
    expect(told(mirror, "sweep")).toEqual([]);
    expect(told(mirror, "warm")).toEqual([
      { registry: "docker.io", checked: 0, moved: 0, failed: 0, upstreamRequests: 0 },
    ]);
  });

  it("[B5] [B6] [G2] tells the log of a misconfiguration, and fails no further", async () => {
    const mirror = createMirror({ env: { BLOB_KEEP_DAYS: "soon" } });
    await mirror.tend();
    for (const event of ["sweep", "warm"]) {
      expect(told(mirror, event)).toMatchObject([
        { reason: expect.stringContaining("BLOB_KEEP_DAYS must be a whole number of days") },
      ]);
    }
  });
});
