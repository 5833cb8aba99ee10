import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST } from "../support/contents.ts";
import { encode } from "../support/image.ts";
import {
  HANDSHAKE,
  type Mirror,
  type MirrorOptions,
  useMirrors,
} from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const LIMIT = "KV put() limit exceeded for the day.";
const NOON_TO_MIDNIGHT = 12 * 60 * 60;

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror({ hub: { tokenSeconds: 7 * 86_400 }, ...options });
  for (const tag of ["1.36", "1.37", "1.38"]) {
    mirror.hub.push("library/busybox", tag, imageOf(OCI_MANIFEST));
  }
  return mirror;
}

describe("KV that fails", () => {
  it.each(["read", "write", "delete"] as const)(
    "[11] [12] on %s does not fail a pull",
    async (what) => {
      const mirror = createStocked();
      mirror.kv.fail(what, "KV GET failed: 500 Internal Server Error");
      expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
      expect((await mirror.get(TAG)).headers.get("cache-status")).toBe("sampan; hit");
      mirror.hub.untag("library/busybox", "1.36");
      mirror.clock.advance(60);
      expect((await mirror.get(TAG)).status).toBe(404);
    },
  );

  it("[11] is logged once", async () => {
    const mirror = createStocked();
    mirror.kv.fail("read", "KV GET failed: 500 at https://x:hunter2@kv.example/?Signature=1");
    for (const tag of ["1.36", "1.37", "1.38"]) {
      expect((await mirror.get(`/v2/busybox/manifests/${tag}`)).status).toBe(200);
    }
    const told = mirror.log.filter(({ event }) => event === "cache failed");
    expect(told.map(({ fields }) => fields)).toEqual([
      {
        store: "kv",
        operation: "read",
        reason: "Error: KV GET failed: 500 at https://kv.example/…",
      },
    ]);
  });

  it.each([
    ["no JSON", encode("not JSON")],
    ["nothing", encode("")],
    ["another JSON", encode('{"a":1}')],
    ["null", encode("null")],
    ["a list", encode("[1,2,3]")],
    ["bytes", new Uint8Array([0, 255, 254, 128])],
    ["wrong types", encode('{"kind":"bearer","realm":1,"value":2,"digest":3,"checkedAt":"4"}')],
    [
      "a digest without a text",
      encode(
        '{"digest":{"toString":1},"mediaType":"a","size":1,"checkedAt":1,"slackMs":0,"persistedAt":0}',
      ),
    ],
    ["a wrong digest", encode('{"digest":"sha256:1","mediaType":"a","size":1,"checkedAt":1}')],
  ])("[11] [15] [29] is treated as empty if its values are invalid: %s", async (_, bytes) => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    for (const kind of ["token", "tag", "manifest"]) await mirror.kv.overwrite(kind, bytes);
    mirror.restart("elsewhere");
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls().length).toBe(4);
  });
});

describe("KV that rejects writes", () => {
  it.each([
    ["for the day", LIMIT, NOON_TO_MIDNIGHT],
    ["for an hour", "KV PUT failed: 500 Internal Server Error", 3600],
  ])("[12] [36] %s is written at the next pull after that", async (_, why, seconds) => {
    const mirror = createStocked();
    mirror.kv.fail("write", why);
    await mirror.get(TAG);
    mirror.kv.fail("write", null);
    expect((await mirror.kv.keys()).filter((key) => !key.includes("/token/"))).toEqual([]);
    mirror.clock.advance(seconds);
    mirror.restart();
    mirror.kv.reset();
    await mirror.get(TAG);
    expect(mirror.kv.written()).toEqual(["manifest", "tag", "token"]);
    expect(mirror.hub.pulls()).toBe(1);
    mirror.hub.become("gone");
    mirror.restart("elsewhere");
    mirror.clock.advance(86_400);
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
  });
});

describe("invalid values in the edge cache", () => {
  it.each([
    [
      "a realm that is not public",
      '{"kind":"bearer","realm":"https://10.0.0.1/token","service":null}',
    ],
    ["an unknown scheme", '{"kind":"digest"}'],
    ["no JSON", "not JSON"],
  ])("[29] [33] are ignored: %s", async (_, scheme) => {
    const match = async (url: RequestInfo | URL) =>
      String(url).includes("/scheme/") ? new Response(encode(scheme)) : undefined;
    const cache = { match, put: async () => {}, delete: async () => false } as Cache;
    const mirror = createStocked({ openCache: async () => cache });
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(mirror.calls().slice(0, 2)).toEqual(HANDSHAKE);
  });
});

describe("KV at its daily limit", () => {
  it("[12] is not written until midnight UTC", async () => {
    const mirror = createStocked();
    mirror.kv.fail("write", LIMIT);
    await mirror.get(TAG);
    const refused = mirror.kv.written().length;
    expect(refused).toBeGreaterThan(0);
    mirror.kv.fail("write", null);
    mirror.kv.reset();
    mirror.clock.advance(NOON_TO_MIDNIGHT - 1);
    expect((await mirror.get("/v2/busybox/manifests/1.37")).status).toBe(200);
    expect(mirror.kv.written()).toEqual([]);
    mirror.clock.advance(1);
    expect((await mirror.get("/v2/busybox/manifests/1.38")).status).toBe(200);
    expect(mirror.kv.written()).toEqual(["tag", "token"]);
  });

  it("[11] [34] is still read, and the mirror works without writes", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.kv.fail("write", LIMIT);
    await mirror.get("/v2/busybox/manifests/1.37");
    mirror.restart("elsewhere");
    expect((await mirror.get(TAG)).headers.get("cache-status")).toBe("sampan; hit");
    mirror.clock.advance(60);
    mirror.hub.become("limited");
    expect((await mirror.get(TAG)).headers.get("warning")).toMatch(/^299 /);
  });

  it("[12] is not assumed after a refusal for one key", async () => {
    const mirror = createStocked();
    mirror.kv.fail("write", "KV PUT failed: 429 Too Many Requests");
    await mirror.get(TAG);
    mirror.kv.fail("write", null);
    mirror.kv.reset();
    await mirror.get("/v2/busybox/manifests/1.37");
    expect(mirror.kv.written()).toEqual(["tag", "token"]);
  });
});

describe("KV that fails on every write", () => {
  const FAILURE = "KV PUT failed: 500 Internal Server Error";

  function createWithTags(count: number): Mirror {
    const mirror = createStocked();
    for (let index = 0; index < count; index++) {
      mirror.hub.push("library/busybox", `t${index}`, imageOf(OCI_MANIFEST));
    }
    return mirror;
  }

  it("[12] is not written for a moment", async () => {
    const mirror = createWithTags(2);
    await mirror.warm(TAG);
    mirror.kv.fail("write", FAILURE);
    await mirror.get("/v2/busybox/manifests/t0");
    mirror.kv.fail("write", null);
    mirror.kv.reset();
    mirror.clock.advance(0.9);
    await mirror.get("/v2/busybox/manifests/t1");
    expect(mirror.kv.written()).toEqual([]);
    mirror.clock.advance(0.1);
    await mirror.get("/v2/busybox/manifests/1.37");
    expect(mirror.kv.written()).toEqual(["tag"]);
  });

  it("[12] is not written for 5 minutes at most", async () => {
    const mirror = createWithTags(14);
    mirror.kv.fail("write", FAILURE);
    for (let index = 0; index < 12; index++) {
      await mirror.get(`/v2/busybox/manifests/t${index}`);
      mirror.clock.advance(300);
    }
    await mirror.get(TAG);
    mirror.kv.fail("write", null);
    mirror.kv.reset();
    mirror.clock.advance(299.9);
    await mirror.get("/v2/busybox/manifests/t12");
    expect(mirror.kv.written()).toEqual([]);
    mirror.clock.advance(0.1);
    await mirror.get("/v2/busybox/manifests/t13");
    expect(mirror.kv.written()).toContain("tag");
  });
});

describe("KV of made-up names", () => {
  it("[12] [20] [30] is not written", async () => {
    const mirror = createStocked();
    for (const path of ["busybox/manifests/made-up", "made/up/manifests/1", "made/up/tags/list"]) {
      for (const ask of [mirror.get, mirror.head]) {
        expect((await ask(`/v2/${path}`)).status, path).toBe(404);
      }
    }
    expect(mirror.kv.written()).toEqual([]);
  });

  it.each([
    ["again", 0],
    ["after TAG_TTL_SECONDS", 60],
  ])("[12] is written for a tag when it is checked a second time: %s", async (_, seconds) => {
    const mirror = createStocked();
    await mirror.head(TAG);
    expect(mirror.kv.written()).toEqual(["token"]);
    mirror.clock.advance(seconds);
    await mirror.head(TAG);
    expect(mirror.kv.written()).toEqual(["tag", "token"]);
    await mirror.head(TAG);
    expect(mirror.kv.written()).toEqual(["tag", "token"]);
  });
});

describe("no KV", () => {
  it("[12] leaves the memory and the edge cache", async () => {
    const mirror = createStocked({ bindings: { CACHE: undefined } });
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    mirror.calls();
    mirror.restart();
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(answer.headers.get("cache-status")).toBe("sampan; hit");
    expect(mirror.calls()).toEqual([]);
    expect(mirror.log.filter(({ event }) => event === "cache failed")).toEqual([]);
  });
});

describe("an edge cache that fails", () => {
  it.each([
    ["cannot be opened", () => Promise.reject(new Error("no cache here"))],
    ["throws", () => Promise.resolve({} as Cache)],
  ])("[11] [12] does not fail a pull: it %s", async (_, openCache) => {
    const mirror = createStocked({ openCache });
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    mirror.restart();
    expect((await mirror.get(TAG)).headers.get("cache-status")).toBe("sampan; hit");
    mirror.restart("elsewhere");
    mirror.hub.untag("library/busybox", "1.36");
    mirror.clock.advance(60);
    expect((await mirror.get(TAG)).status).toBe(404);
    const told = mirror.log.filter(({ event }) => event === "cache failed");
    const operations = told.map(({ fields }) => `${fields.store} ${fields.operation}`);
    expect(new Set(operations)).toEqual(
      new Set(["edge cache read", "edge cache write", "edge cache delete"]),
    );
  });

  it("[11] leaves the memory of the isolate if KV fails too", async () => {
    const mirror = createStocked({ openCache: () => Promise.reject(new Error("no cache here")) });
    mirror.kv.fail("read", "down");
    mirror.kv.fail("write", "down");
    await mirror.warm(TAG);
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual([]);
  });
});
