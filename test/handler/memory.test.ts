import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/protocol/digest.ts";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { encode, type Image } from "../support/image.ts";
import { type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const MIB = 1024 * 1024;

/** A mirror that has nothing but the memory of its isolate. */
function createWithMemoryOnly(): Mirror {
  const mirror = createMirror({
    hub: { pullLimit: 1_000_000, tokenSeconds: 86_400 },
    openCache: () => Promise.reject(new Error("no cache here")),
  });
  mirror.kv.fail("read", "KV GET failed: 500");
  mirror.kv.fail("write", "KV PUT failed: 500");
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

/** Requests `count` paths, then the first one again. @returns the upstream requests of that. */
async function refill(mirror: Mirror, count: number, pathOf: (index: number) => string) {
  await mirror.get(pathOf(0));
  mirror.calls();
  await mirror.get(pathOf(0));
  const before = mirror.calls();
  for (let index = 1; index < count; index++) await mirror.ask(pathOf(index));
  mirror.calls();
  await mirror.get(pathOf(0));
  return { before, after: mirror.calls() };
}

/** An edge cache whose entries end by the clock of the mirror. */
function createEdge(now: () => number): Cache {
  const entries = new Map<string, { body: ArrayBuffer; headers: Headers; endsAt: number }>();
  const cache = {
    async match(request: Request | string) {
      const entry = entries.get(typeof request === "string" ? request : request.url);
      if (entry === undefined || entry.endsAt <= now()) return undefined;
      return new Response(entry.body, { headers: entry.headers });
    },
    async put(key: string, response: Response) {
      const control = response.headers.get("cache-control") ?? "";
      const seconds = Number(/max-age=(\d+)/.exec(control)?.[1] ?? 0);
      const body = await response.arrayBuffer();
      entries.set(key, { body, headers: response.headers, endsAt: now() + seconds * 1000 });
    },
    delete: async (key: string) => entries.delete(key),
  };
  return cache as unknown as Cache;
}

describe("the memory of an isolate", () => {
  it("[11] is bounded for manifests: five of 4 MB do not fit", async () => {
    const mirror = createWithMemoryOnly();
    for (let index = 0; index < 5; index++) {
      const value = { schemaVersion: 2, mediaType: OCI_MANIFEST.mediaType, index };
      const note = "a".repeat(4 * MIB - 300);
      const bytes = encode(JSON.stringify({ ...value, note }));
      const digest = await digestOf(bytes);
      const image: Image = {
        ...imageOf(OCI_MANIFEST),
        tagDigest: digest,
        manifests: new Map([[digest, { bytes, mediaType: OCI_MANIFEST.mediaType }]]),
      };
      mirror.hub.push("library/large", `t${index}`, image);
    }
    await refill(mirror, 5, (index) => `/v2/large/manifests/t${index}`);
    expect(mirror.hub.pulls()).toBe(6);
  });

  it("[21] is bounded for small blobs: 32 of 256 KiB do not fit", async () => {
    const mirror = createWithMemoryOnly();
    const digests: string[] = [];
    for (let index = 0; index < 32; index++) {
      const bytes = new Uint8Array(MIB / 4).fill(index);
      const digest = await digestOf(bytes);
      digests.push(digest);
      mirror.hub.push("library/busybox", null, {
        ...imageOf(OCI_MANIFEST),
        blobs: new Map([[digest, bytes]]),
      });
    }
    await refill(mirror, 32, (index) => `/v2/busybox/blobs/${digests[index]}`);
    expect(mirror.hub.count({ host: "storage" })).toBe(33);
  });

  it("[20] is bounded for missing manifests: 5,001 do not fit", async () => {
    const mirror = createWithMemoryOnly();
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
    const pathOf = (index: number) => `/v2/busybox/manifests/none${index}`;
    const { before, after } = await refill(mirror, 5_001, pathOf);
    expect([before.length, after.length]).toEqual([0, 1]);
  });
});

describe("an edge cache alone", () => {
  it.each([
    ["a manifest", `/v2/busybox/manifests/${OCI_MANIFEST.digest}`, 86_400],
    ["a small blob", `/v2/busybox/blobs/${LAYER.digest}`, 7 * 86_400 - 1],
  ] as const)("[11] [B0] answers %s after %d s, in a new isolate", async (_, path, seconds) => {
    const edges: Cache[] = [];
    const mirror = createMirror({ openCache: async () => edges[0] as Cache });
    edges.push(createEdge(() => mirror.clock.now()));
    mirror.kv.fail("read", "KV GET failed: 500");
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
    await mirror.warm(path);
    mirror.clock.advance(seconds);
    mirror.restart();
    expect((await mirror.get(path)).status).toBe(200);
    expect(mirror.calls()).toEqual([]);
  });

  it("[B0] answers a blob for seven days", async () => {
    const edges: Cache[] = [];
    const mirror = createMirror({ openCache: async () => edges[0] as Cache });
    edges.push(createEdge(() => mirror.clock.now()));
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
    const path = `/v2/busybox/blobs/${LAYER.digest}`;
    await mirror.warm(path);
    mirror.clock.advance(7 * 86_400);
    mirror.restart();
    expect((await mirror.get(path)).headers.get("cache-status")).toBe("sampan; fwd=miss");
  });

  it("[36] answers a tag for STALE_TTL_SECONDS", async () => {
    const edges: Cache[] = [];
    const mirror = createMirror({ openCache: async () => edges[0] as Cache });
    edges.push(createEdge(() => mirror.clock.now()));
    mirror.kv.fail("read", "KV GET failed: 500");
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
    await mirror.warm("/v2/busybox/manifests/1.36");
    mirror.hub.become("gone");
    mirror.clock.advance(29 * 86_400);
    mirror.restart();
    const answer = await mirror.get("/v2/busybox/manifests/1.36");
    expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
  });
});
