import { describe, expect, it } from "vitest";
import { COUNTED_BLOB } from "../support/contents.ts";
import { LARGE_PATH, useArchiveMirrors } from "../support/mirror/scenarios.ts";

const createMirror = useArchiveMirrors();
const DAY_SECONDS = 24 * 60 * 60;

describe("a layer in R2 that is older than half of BLOB_KEEP_DAYS", () => {
  it("[B1a] is written again once, however many clients request it at the same time", async () => {
    const mirror = createMirror();
    await mirror.warm(LARGE_PATH);
    mirror.clock.advance(16 * DAY_SECONDS);
    mirror.restart();
    mirror.bucket.reset();
    const requests = Array.from({ length: 20 }, (_, index) =>
      index % 2 ? mirror.head(LARGE_PATH) : mirror.get(LARGE_PATH, { range: "bytes=0-99" }),
    );
    for (const { status } of await Promise.all(requests)) expect([200, 206]).toContain(status);
    expect(mirror.bucket.count("put")).toBe(1);
    await mirror.get(LARGE_PATH);
    expect(mirror.bucket.count("put")).toBe(1);
    const key = `blobs/registry-1.docker.io/${COUNTED_BLOB.digest}`;
    expect(mirror.bucket.uploadedAt(key)).toBe(mirror.clock.now());
  });

  it("[B1a] [B4] is written again by the next pull if that fails", async () => {
    const mirror = createMirror();
    await mirror.warm(LARGE_PATH);
    mirror.clock.advance(16 * DAY_SECONDS);
    mirror.restart();
    mirror.bucket.make("put", "fail");
    expect((await mirror.get(LARGE_PATH)).status).toBe(200);
    mirror.bucket.make("put", "work");
    mirror.bucket.reset();
    await mirror.get(LARGE_PATH);
    expect(mirror.bucket.count("put")).toBe(1);
  });
});
