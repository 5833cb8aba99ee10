import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/protocol/digest.ts";
import {
  CONFIG,
  COUNTED_BLOB,
  imageOf,
  LAYER,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../support/contents.ts";
import { once } from "../support/hub/faults.ts";
import { HANDSHAKE, type Mirror } from "../support/mirror/in-process.ts";
import {
  keysOf,
  LARGE_PATH,
  PULL,
  SMALL_PATH,
  useArchiveMirrors,
} from "../support/mirror/scenarios.ts";

const createMirror = useArchiveMirrors();
const DAY_SECONDS = 86_400;

/** A mirror that keeps both blobs, and has neither in memory nor at the edge. */
async function createWarm(): Promise<Mirror> {
  const mirror = createMirror();
  await mirror.warm(LARGE_PATH);
  await mirror.warm(SMALL_PATH);
  mirror.restart("elsewhere");
  return mirror;
}

const EXPECTED = [OCI_INDEX, OCI_INDEX, OCI_MANIFEST, CONFIG, LAYER, COUNTED_BLOB].map(
  ({ digest }) => digest,
);

async function createPulled(): Promise<Mirror> {
  const mirror = createMirror();
  for (const path of PULL) await mirror.warm(path);
  return mirror;
}

/** Every step of a pull is right; only the tag may be told to be an old one. */
async function expectWhole(mirror: Mirror): Promise<void> {
  for (const [index, path] of PULL.entries()) {
    for (const answer of [await mirror.head(path), await mirror.get(path)]) {
      expect(answer.status, path).toBe(200);
      expect(answer.headers.get("docker-content-digest")).toBe(EXPECTED[index]);
      expect(answer.headers.has("warning")).toBe(index === 0);
    }
    const { bytes } = await mirror.get(path);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    expect(`sha256:${hash}`).toBe(EXPECTED[index]);
  }
}

describe("a layer from the upstream", () => {
  it("[B1] [B5] is downloaded once for the client and once for R2, from the same URL", async () => {
    const mirror = createMirror();
    const answer = await mirror.get(LARGE_PATH);
    expect(await digestOf(answer.bytes)).toBe(COUNTED_BLOB.digest);
    const registry = `registry GET /v2/library/busybox/blobs/${COUNTED_BLOB.digest}`;
    const calls = mirror.calls();
    expect(calls.slice(0, 2)).toEqual(HANDSHAKE);
    expect(calls[2]).toBe(registry);
    expect(calls.filter((call) => call.startsWith("storage GET")).length).toBe(2);
    expect(calls.length).toBe(5);
    expect(await mirror.bucket.keys()).toEqual(keysOf(COUNTED_BLOB.digest));
    expect(mirror.kv.written()).toEqual(["token"]);
  });

  it("[B1] is stored if it is small, too", async () => {
    const mirror = createMirror();
    for (const { digest } of [CONFIG, LAYER]) await mirror.get(`/v2/busybox/blobs/${digest}`);
    expect(await mirror.bucket.keys()).toEqual(keysOf(CONFIG.digest, LAYER.digest));
  });

  it.each([
    { range: "bytes=0-" },
    { range: "bytes=0-749999" },
    { range: "bytes=100-1499999" },
    { range: "bytes=750000-" },
    { range: "bytes=-750000" },
  ])("[B1] is stored whole after a range of at least half of it: %o", async (headers) => {
    const mirror = createMirror();
    expect((await mirror.get(LARGE_PATH, headers)).status).toBe(206);
    expect(await mirror.bucket.keys()).toEqual(keysOf(COUNTED_BLOB.digest));
    mirror.calls();
    expect(await digestOf((await mirror.get(LARGE_PATH)).bytes)).toBe(COUNTED_BLOB.digest);
    expect(mirror.calls()).toEqual([]);
  });

  it("[B1] is stored whole after an open-ended range from byte 0, though the storage sends less", async () => {
    const mirror = createMirror();
    const part = { status: 206, headers: { "content-range": "bytes 0-99/1500000" } };
    mirror.hub.intercept(
      once({ host: "storage" }, () => new Response(COUNTED_BLOB.bytes.slice(0, 100), part)),
    );
    expect((await mirror.get(LARGE_PATH, { range: "bytes=0-" })).bytes.length).toBe(100);
    expect(await mirror.bucket.keys()).toEqual(keysOf(COUNTED_BLOB.digest));
  });

  it.each([
    { range: "bytes=0-0" },
    { range: "bytes=0-749998" },
    { range: "bytes=100-749999" },
    { range: "bytes=750001-" },
    { range: "bytes=-749999" },
  ])("[B1] is not stored after a range of less than half of it: %o", async (headers) => {
    const mirror = createMirror();
    expect((await mirror.get(LARGE_PATH, headers)).status).toBe(206);
    expect(await mirror.bucket.keys()).toEqual([]);
    expect(mirror.hub.count({ host: "storage" })).toBe(1);
  });

  it("[B1] is stored after a request for several ranges, answered with the whole", async () => {
    const mirror = createMirror();
    expect((await mirror.get(LARGE_PATH, { range: "bytes=0-1,4-5" })).status).toBe(200);
    expect(await mirror.bucket.keys()).toEqual(keysOf(COUNTED_BLOB.digest));
  });

  it("[B1] is not downloaded for HEAD or If-None-Match", async () => {
    const mirror = createMirror();
    await mirror.head(LARGE_PATH);
    await mirror.get(LARGE_PATH, { "if-none-match": `"${COUNTED_BLOB.digest}"` });
    expect(mirror.hub.count({ ...{ host: "storage" }, method: "GET" })).toBe(0);
    expect(mirror.bucket.count("put")).toBe(0);
  });

  it("[B0] is not stored with BLOB_MAX_BYTES = 0", async () => {
    for (const keepsBlobs of [true, false]) {
      const mirror = createMirror({ keepsBlobs, env: { BLOB_MAX_BYTES: 0 } });
      for (const path of [LARGE_PATH, SMALL_PATH]) {
        await mirror.get(path);
        mirror.restart();
        await mirror.get(path);
      }
      expect(mirror.hub.count({ host: "storage" })).toBe(4);
      expect(await mirror.bucket.keys()).toEqual([]);
    }
  });
});

describe("a layer in R2", () => {
  it("[B2] [21] has the usual headers, and takes no upstream request", async () => {
    const mirror = await createWarm();
    const answer = await mirror.get(LARGE_PATH);
    expect(answer.status).toBe(200);
    expect(await digestOf(answer.bytes)).toBe(COUNTED_BLOB.digest);
    expect(Object.fromEntries(answer.headers)).toEqual({
      "accept-ranges": "bytes",
      "cache-control": "public, max-age=31536000, immutable, no-transform",
      "cache-status": "sampan; hit",
      "content-length": "1500000",
      "content-security-policy": "sandbox; default-src 'none'",
      "content-type": "application/octet-stream",
      "cross-origin-resource-policy": "same-origin",
      "docker-content-digest": COUNTED_BLOB.digest,
      "docker-distribution-api-version": "registry/2.0",
      etag: `"${COUNTED_BLOB.digest}"`,
      "strict-transport-security": "max-age=31536000",
      "x-content-type-options": "nosniff",
    });
    expect(mirror.calls()).toEqual([]);
    expect(mirror.bucket.count("put")).toBe(2);
  });

  it("[B2] answers HEAD and If-None-Match", async () => {
    const mirror = await createWarm();
    const head = await mirror.head(LARGE_PATH);
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "1500000"]);
    expect(head.headers.get("docker-content-digest")).toBe(COUNTED_BLOB.digest);
    for (const tag of [`"${COUNTED_BLOB.digest}"`, `W/"${COUNTED_BLOB.digest}"`, "*"]) {
      const answer = await mirror.get(LARGE_PATH, { "if-none-match": tag });
      expect([answer.status, answer.headers.get("etag")]).toEqual([
        304,
        `"${COUNTED_BLOB.digest}"`,
      ]);
    }
    expect(mirror.calls()).toEqual([]);
    expect(mirror.bucket.count("get")).toBe(2);
  });

  it.each([
    ["bytes=0-0", 0, 0],
    ["bytes=100-250", 100, 250],
    ["bytes=1000000-", 1_000_000, 1_499_999],
    ["bytes=0-", 0, 1_499_999],
    ["bytes=-1000", 1_499_000, 1_499_999],
    ["bytes=-9999999", 0, 1_499_999],
    ["bytes=1499999-9999999", 1_499_999, 1_499_999],
  ])("[B2] [22] answers one range: %s", async (range, first, last) => {
    const mirror = await createWarm();
    const answer = await mirror.get(LARGE_PATH, { range });
    expect(answer.status).toBe(206);
    expect(answer.headers.get("content-range")).toBe(`bytes ${first}-${last}/1500000`);
    expect(answer.headers.get("content-length")).toBe(String(last - first + 1));
    expect(answer.bytes).toEqual(COUNTED_BLOB.bytes.subarray(first, last + 1));
    expect(mirror.calls()).toEqual([]);
  });

  it.each(["bytes=1500000-", "bytes=-0", "bytes=2000000-2000001"])(
    "[B2] [23] answers 416: %s",
    async (range) => {
      const mirror = await createWarm();
      const answer = await mirror.get(LARGE_PATH, { range });
      expect([answer.status, answer.error?.code]).toEqual([416, "RANGE_INVALID"]);
      expect(answer.headers.get("content-range")).toBe("bytes */1500000");
      expect(mirror.calls()).toEqual([]);
    },
  );

  it.each([
    { range: "bytes=0-1,4-5" },
    { range: "bytes=5-4" },
    { range: "lines=0-1" },
    { range: "bytes=0-3", "if-range": '"another"' },
  ])("[B2] [22] [24] is answered whole: %o", async (headers) => {
    const mirror = await createWarm();
    const answer = await mirror.get(LARGE_PATH, headers);
    expect([answer.status, answer.bytes.length]).toEqual([200, 1_500_000]);
    expect(mirror.calls()).toEqual([]);
  });

  it("[B2] answers every repository, in every data centre", async () => {
    const mirror = await createWarm();
    mirror.hub.push("grafana/grafana", "1", { ...imageOf(OCI_MANIFEST), blobs: new Map() });
    for (const digest of [COUNTED_BLOB.digest, LAYER.digest]) {
      expect((await mirror.get(`/v2/grafana/grafana/blobs/${digest}`)).status).toBe(200);
    }
    expect(mirror.calls()).toEqual([]);
    expect(await mirror.bucket.keys()).toEqual(keysOf(LAYER.digest, COUNTED_BLOB.digest));
  });
});

describe("a small layer in memory, but not in R2", () => {
  it("[B3] is stored at the next pull, without an upstream request", async () => {
    const mirror = createMirror();
    mirror.bucket.make("put", "fail");
    await mirror.warm(SMALL_PATH);
    expect(await mirror.bucket.keys()).toEqual([]);
    mirror.bucket.make("put", "work");
    expect((await mirror.get(SMALL_PATH)).text).toBe(LAYER.text);
    expect(mirror.calls()).toEqual([]);
    expect(await mirror.bucket.keys()).toEqual(keysOf(LAYER.digest));
  });

  it("[B3] is stored once, however often it is pulled", async () => {
    const mirror = createMirror();
    mirror.bucket.make("put", "fail");
    await mirror.warm(SMALL_PATH);
    mirror.bucket.make("put", "work");
    mirror.bucket.reset();
    for (let pulls = 0; pulls < 3; pulls++) await mirror.get(SMALL_PATH);
    expect(mirror.bucket.count("put")).toBe(1);
    expect(await mirror.bucket.keys()).toEqual(keysOf(LAYER.digest));
  });

  it("[B3] is not stored if it is larger than BLOB_MAX_BYTES", async () => {
    const mirror = createMirror({ env: { BLOB_MAX_BYTES: 28 } });
    for (let pulls = 0; pulls < 2; pulls++) await mirror.get(SMALL_PATH);
    expect(await mirror.bucket.keys()).toEqual([]);
  });
});

describe("a repeated pull", () => {
  it("[B2] [11] [12] takes no request within TAG_TTL_SECONDS, then one HEAD, and no KV write", async () => {
    const mirror = createMirror({ hub: { tokenSeconds: 3600 } });
    for (const path of PULL) await mirror.warm(path);
    for (const path of PULL) expect((await mirror.get(path)).status).toBe(200);
    expect(mirror.calls()).toEqual([]);
    mirror.clock.advance(60);
    for (const path of PULL) expect((await mirror.get(path)).status).toBe(200);
    expect(mirror.calls()).toEqual(["registry HEAD /v2/library/busybox/manifests/1.36"]);
    expect(mirror.kv.written()).toEqual([]);
  });

  it.each(["here", "elsewhere"] as const)(
    "[B2] [11] takes no request in a new isolate %s",
    async (where) => {
      const mirror = createMirror();
      for (const path of PULL) await mirror.warm(path);
      mirror.restart(where);
      for (const path of PULL) expect((await mirror.get(path)).status).toBe(200);
      expect(mirror.calls()).toEqual([]);
      expect(mirror.kv.written()).toEqual([]);
    },
  );
});

describe("KV", () => {
  it("[12] is written four times by a cold pull of a multi-arch image", async () => {
    const mirror = createMirror();
    for (const path of PULL) await mirror.get(path);
    expect(mirror.kv.written()).toEqual(["manifest", "manifest", "tag", "token"]);
  });
});

describe.each(["gone", "limited"] as const)(
  "a whole image, with an upstream that is %s,",
  (mode) => {
    it.each([
      ["here", 3 * 3600],
      ["elsewhere", 3 * 3600],
      ["elsewhere", 29 * DAY_SECONDS],
    ] as const)(
      "[B2] [34] [36] is served from the caches %s after %i s",
      async (where, seconds) => {
        const mirror = await createPulled();
        mirror.hub.become(mode);
        mirror.clock.advance(seconds);
        mirror.restart(where);
        await expectWhole(mirror);
      },
    );

    it("[B2] takes a request for the tag only", async () => {
      const mirror = await createPulled();
      mirror.hub.become(mode);
      mirror.clock.advance(3600);
      mirror.restart("elsewhere");
      for (const path of PULL.slice(1)) expect((await mirror.get(path)).status).toBe(200);
      expect(mirror.calls()).toEqual([]);
    });
  },
);
