import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST, OCI_NEXT } from "../support/contents.ts";
import { type Mirror, useMirrors, type Vars } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/bitnami/redis/manifests/7";
const KEEP = { DELETED_IMAGES: "keep" };
/** The default of STALE_TTL_SECONDS. */
const STALE_SECONDS = 30 * 24 * 60 * 60;

/** A mirror of a tag that was pulled, then deleted upstream. */
async function createDeleted(env: Vars): Promise<Mirror> {
  const mirror = createMirror({ env });
  mirror.hub.push("bitnami/redis", "7", imageOf(OCI_MANIFEST));
  await mirror.warm(TAG);
  mirror.hub.untag("bitnami/redis", "7");
  return mirror;
}

describe("a tag that was deleted upstream", () => {
  it.each([{}, { DELETED_IMAGES: "follow" }])(
    "[20a] [20] is MANIFEST_UNKNOWN with %o",
    async (env) => {
      const mirror = await createDeleted(env);
      mirror.clock.advance(61);
      const answer = await mirror.get(TAG);
      expect([answer.status, answer.error?.code]).toEqual([404, "MANIFEST_UNKNOWN"]);
      mirror.restart("elsewhere");
      expect((await mirror.head(TAG)).status).toBe(404);
    },
  );

  it.each(["here", "elsewhere"] as const)(
    "[20a] answers with its last manifest and a warning, with every cache %s",
    async (where) => {
      const mirror = await createDeleted(KEEP);
      // A tag is in KV once its pull is over.
      mirror.restart(where);
      for (const seconds of [61, 31, STALE_SECONDS - 93]) {
        mirror.clock.advance(seconds);
        const head = await mirror.head(TAG);
        expect(head.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
        const answer = await mirror.get(TAG);
        expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
        expect(answer.headers.get("warning")).toMatch(/^299 - ".*bitnami\/redis/);
        expect(answer.headers.get("cache-status")).toMatch(/detail=stale/);
      }
    },
  );

  it("[20a] is MANIFEST_UNKNOWN after STALE_TTL_SECONDS", async () => {
    const mirror = await createDeleted({ ...KEEP, STALE_TTL_SECONDS: 3600 });
    mirror.clock.advance(3_599);
    expect((await mirror.get(TAG)).status).toBe(200);
    mirror.clock.advance(31);
    const answer = await mirror.get(TAG);
    expect([answer.status, answer.error?.code]).toEqual([404, "MANIFEST_UNKNOWN"]);
  });

  it("[20a] is followed if it comes back", async () => {
    const mirror = await createDeleted(KEEP);
    mirror.clock.advance(61);
    expect((await mirror.get(TAG)).headers.get("warning")).not.toBeNull();
    mirror.hub.push("bitnami/redis", "7", imageOf(OCI_NEXT));
    mirror.clock.advance(61);
    const answer = await mirror.get(TAG);
    expect([answer.text, answer.headers.get("warning")]).toEqual([OCI_NEXT.text, null]);
  });

  it("[20a] is MANIFEST_UNKNOWN if it was never pulled, and so is any made-up tag", async () => {
    const mirror = await createDeleted(KEEP);
    mirror.kv.reset();
    const answer = await mirror.get("/v2/bitnami/redis/manifests/none");
    expect([answer.status, answer.error?.code]).toEqual([404, "MANIFEST_UNKNOWN"]);
    expect(mirror.kv.count("write")).toBe(0);
  });

  it.each(["bucket", "edge"])("[20a] [B2] keeps its layers in the %s", async (place) => {
    const keepsBlobs = place === "bucket";
    const mirror = createMirror({ env: KEEP, keepsBlobs });
    mirror.hub.push("bitnami/redis", "7", imageOf(OCI_MANIFEST));
    const layer = `/v2/bitnami/redis/blobs/${LAYER.digest}`;
    await mirror.warm(TAG);
    await mirror.warm(layer);
    mirror.hub.become("gone");
    mirror.restart("here");
    mirror.clock.advance(24 * 60 * 60);
    expect((await mirror.get(layer)).text).toBe(LAYER.text);
  });
});
