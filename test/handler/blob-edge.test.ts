import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/protocol/digest.ts";
import { COUNTED_BLOB, imageOf, OCI_MANIFEST } from "../support/contents.ts";
import { afterFirst, breakAfter, when } from "../support/hub/faults.ts";
import type { Vars } from "../support/mirror/in-process.ts";
import { LARGE_PATH, useArchiveMirrors } from "../support/mirror/scenarios.ts";

const createMirror = useArchiveMirrors();

describe("a layer without a bucket", () => {
  const createAtEdge = (env: Vars = {}) => createMirror({ keepsBlobs: false, env });

  it("[B0] [B2] is stored in the edge cache, which answers every request of the data centre", async () => {
    const mirror = createAtEdge();
    await mirror.warm(LARGE_PATH);
    expect(mirror.hub.count({ host: "storage" })).toBe(2);
    mirror.restart();
    mirror.hub.push("grafana/grafana", "1", { ...imageOf(OCI_MANIFEST), blobs: new Map() });
    for (const path of [LARGE_PATH, LARGE_PATH.replace("busybox", "grafana/grafana")]) {
      const answer = await mirror.get(path);
      expect([answer.status, answer.headers.get("cache-status")]).toEqual([200, "sampan; hit"]);
      expect(await digestOf(answer.bytes)).toBe(COUNTED_BLOB.digest);
      expect((await mirror.head(path)).headers.get("content-length")).toBe("1500000");
    }
    const tag = { "if-none-match": `"${COUNTED_BLOB.digest}"` };
    expect((await mirror.get(LARGE_PATH, tag)).status).toBe(304);
    const several = await mirror.get(LARGE_PATH, { range: "bytes=0-1,4-5" });
    expect([several.status, several.bytes.length]).toEqual([200, 1_500_000]);
    expect(mirror.calls()).toEqual([]);
    expect(await mirror.bucket.keys()).toEqual([]);
  });

  it.each([
    ["bytes=100-250", 100, 250],
    ["bytes=1000000-", 1_000_000, 1_499_999],
    ["bytes=-1000", 1_499_000, 1_499_999],
  ])("[B0] [B2] [22] answers a range from the edge cache: %s", async (range, first, last) => {
    const mirror = createAtEdge();
    await mirror.warm(LARGE_PATH);
    const answer = await mirror.get(LARGE_PATH, { range });
    expect(answer.status).toBe(206);
    expect(answer.headers.get("content-range")).toBe(`bytes ${first}-${last}/1500000`);
    expect(answer.bytes).toEqual(COUNTED_BLOB.bytes.subarray(first, last + 1));
    expect(mirror.calls()).toEqual([]);
  });

  it("[B0] is not in the edge cache of another data centre", async () => {
    const mirror = createAtEdge();
    await mirror.warm(LARGE_PATH);
    mirror.restart("elsewhere");
    expect((await mirror.get(LARGE_PATH)).headers.get("cache-status")).toBe("sampan; fwd=miss");
  });

  it("[B0] [27] is not stored if its download breaks off", async () => {
    const mirror = createAtEdge();
    mirror.hub.intercept(
      afterFirst({ host: "storage" }, async (next) => breakAfter(await next(), 700_000)),
    );
    expect(await digestOf((await mirror.get(LARGE_PATH)).bytes)).toBe(COUNTED_BLOB.digest);
    mirror.hub.intercept(null);
    const answer = await mirror.get(LARGE_PATH);
    expect(answer.headers.get("cache-status")).toBe("sampan; fwd=miss");
    expect(await digestOf(answer.bytes)).toBe(COUNTED_BLOB.digest);
  });

  it.each([
    [512_000_000, 2],
    [512_000_001, 1],
  ])("[B0] is stored up to 512 MB: %i bytes are requested %i times", async (size, times) => {
    const mirror = createAtEdge();
    const headers = { "content-length": String(size) };
    mirror.hub.intercept(when({ host: "storage" }, () => new Response("short", { headers })));
    const response = await mirror.send(LARGE_PATH);
    expect(response.headers.get("content-length")).toBe(String(size));
    await expect.poll(() => mirror.hub.count({ host: "storage" })).toBe(times);
    await response.body?.cancel();
    await mirror.settle();
    expect(mirror.hub.count({ host: "storage" })).toBe(times);
  });
});
