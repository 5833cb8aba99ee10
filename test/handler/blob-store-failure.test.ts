import { describe, expect, it } from "vitest";
import { COUNTED_BLOB, LAYER } from "../support/contents.ts";
import { type Mirror, read } from "../support/mirror/in-process.ts";
import { LARGE_PATH, PULL, SMALL_PATH, useArchiveMirrors } from "../support/mirror/scenarios.ts";

const createMirror = useArchiveMirrors();

function failuresTold({ log }: Mirror): string[] {
  const told = log.filter(({ event }) => event === "cache failed");
  return told.map(({ fields }) => `${fields.store} ${fields.operation}: ${fields.reason}`);
}

describe("a bucket that fails", () => {
  it.each([
    ["head", { range: "bytes=100-199" }, 206, "read"],
    ["get", {}, 200, "read"],
    ["get", { range: "bytes=100-199" }, 206, "read"],
  ] as const)(
    "[B4] to %s is empty to a client that asks with %o, and the log says so once",
    async (operation, headers, code, told) => {
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
      expect(failuresTold(mirror)).toContain(`blob store ${told}: ${reason}`);
      expect(new Set(failuresTold(mirror)).size).toBe(failuresTold(mirror).length);
    },
  );

  it("[B4] to take anything costs the client nothing", async () => {
    const mirror = createMirror();
    mirror.bucket.make("put", "fail");
    for (let pulls = 1; pulls <= 3; pulls++) {
      expect((await mirror.get(LARGE_PATH)).bytes).toEqual(COUNTED_BLOB.bytes);
    }
    expect(failuresTold(mirror)).toEqual(["blob store write: Error: put: internal error (10001)"]);
    expect(await mirror.bucket.keys()).toEqual([]);
  });

  it("[B4] altogether is none: HEAD, GET and ranges come from the upstream, small blobs from the caches", async () => {
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
    "[B4] [11] to %s is empty after two seconds: %o",
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
      expect(failuresTold(mirror)).toContain("blob store read: Error: no answer within 2000 ms");
    },
  );

  it("[B4] with a note or a blob holds up no client", async () => {
    const mirror = createMirror();
    mirror.bucket.make("put", "hang");
    for (let pulls = 1; pulls <= 2; pulls++) {
      const answer = await read("GET", await mirror.send(LARGE_PATH));
      expect(answer.bytes).toEqual(COUNTED_BLOB.bytes);
    }
    expect(await mirror.bucket.keys()).toEqual([]);
  });
});
