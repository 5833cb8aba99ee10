import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST, OCI_NEXT } from "../support/contents.ts";
import { type Mirror, useMirrors, type Vars } from "../support/mirror/in-process.ts";
import { ACCOUNT } from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const BY_DIGEST = `/v2/busybox/manifests/${OCI_MANIFEST.digest}`;
const FROM_CACHE = { "cache-control": "only-if-cached" };

function createStocked(env: Vars = {}): Mirror {
  const mirror = createMirror({ env });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  mirror.hub.push("owner/app", "1", imageOf(OCI_MANIFEST));
  return mirror;
}

describe("a manifest that is requested only if it is cached", () => {
  it.each([TAG, BY_DIGEST])("[15a] is 504 without an upstream request: %s", async (path) => {
    const mirror = createStocked();
    for (const answer of [
      await mirror.get(path, FROM_CACHE),
      await mirror.head(path, FROM_CACHE),
    ]) {
      expect(answer.status).toBe(504);
    }
    const { text, headers } = await mirror.get(path, FROM_CACHE);
    expect(JSON.parse(text).errors[0].code).toBe("UNAVAILABLE");
    expect(headers.get("cache-control")).toContain("no-store");
    expect(mirror.calls()).toEqual([]);
    // Nobody else gets this answer.
    expect((await mirror.get(path)).status).toBe(200);
  });

  it.each([TAG, BY_DIGEST])("[15a] [G8] is answered from the caches: %s", async (path) => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.restart("here");
    mirror.calls();
    const cacheControl = { "cache-control": "max-stale=60, Only-If-Cached" };
    const { status, text, headers } = await mirror.get(path, cacheControl);
    expect([status, text]).toEqual([200, new TextDecoder().decode(OCI_MANIFEST.bytes)]);
    expect(headers.get("cache-status")).toBe("sampan; hit");
    expect((await mirror.head(path, FROM_CACHE)).status).toBe(200);
    expect(mirror.calls()).toEqual([]);
  });

  it("[11] [15a] is answered as soon as KV can be read again", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.restart("elsewhere");
    mirror.calls();
    mirror.kv.fail("read", "KV GET failed: 500 Internal Server Error");
    expect((await mirror.get(BY_DIGEST, FROM_CACHE)).status).toBe(504);
    mirror.kv.fail("read", null);
    expect((await mirror.get(BY_DIGEST, FROM_CACHE)).status).toBe(200);
    expect(mirror.calls()).toEqual([]);
  });

  it("[15a] by tag is the last one that was pulled, until its record ends", async () => {
    const mirror = createStocked({ STALE_TTL_SECONDS: 3600 });
    await mirror.warm(TAG);
    mirror.calls();
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.clock.advance(3599);
    const { headers } = await mirror.get(TAG, FROM_CACHE);
    expect(headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
    mirror.clock.advance(3601);
    expect((await mirror.get(TAG, FROM_CACHE)).status).toBe(504);
    expect(mirror.calls()).toEqual([]);
  });

  it("[15a] by tag is 504 if only a HEAD was sent before", async () => {
    const mirror = createStocked();
    await mirror.head(TAG);
    mirror.calls();
    expect((await mirror.get(TAG, FROM_CACHE)).status).toBe(504);
    expect(mirror.calls()).toEqual([]);
  });

  it.each(["/v2/owner/app/manifests/1", `/v2/owner/app/manifests/${OCI_MANIFEST.digest}`])(
    "[15a] [A6] is 504 if it is not known whether the image is public: %s",
    async (path) => {
      const mirror = createStocked(ACCOUNT);
      expect((await mirror.get(path, FROM_CACHE)).status).toBe(504);
      expect(mirror.calls()).toEqual([]);
    },
  );

  it("[15a] is requested upstream for any other Cache-Control", async () => {
    const mirror = createStocked();
    expect((await mirror.get(TAG, { "cache-control": "no-cache" })).status).toBe(200);
  });

  it("[15a] is the only thing that can be: lists and blobs are not", async () => {
    const { status } = await createStocked().get("/v2/busybox/tags/list", FROM_CACHE);
    expect(status).toBe(200);
  });
});
