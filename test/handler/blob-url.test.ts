import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/protocol/digest.ts";
import { imageWithBlob, LARGE_BLOB } from "../support/contents.ts";
import { once, when } from "../support/hub/faults.ts";
import { redirect, status } from "../support/hub/responses.ts";
import { type Mirror, type MirrorOptions, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const LARGE_PATH = `/v2/busybox/blobs/${LARGE_BLOB.digest}`;

/** A mirror that stores no blobs, so that the upstream sees every request. */
function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror({ env: { BLOB_MAX_BYTES: 0 }, ...options });
  mirror.hub.push("library/busybox", null, imageWithBlob(LARGE_BLOB));
  return mirror;
}

describe("the signed URL of a blob", () => {
  const REGISTRY_GET = `registry GET /v2/library/busybox/blobs/${LARGE_BLOB.digest}`;
  const STORAGE_GET = expect.stringMatching(/^storage GET /);
  const range = "bytes=0-9";

  /** A mirror that has just followed a signed URL. */
  async function createSigned(options: MirrorOptions = {}): Promise<Mirror> {
    const mirror = createStocked(options);
    await mirror.warm(LARGE_PATH, { range });
    return mirror;
  }

  it("[B5] is remembered, so that ranges, whole downloads and HEAD take one request", async () => {
    const mirror = await createSigned();
    expect((await mirror.get(LARGE_PATH, { range: "bytes=5-" })).status).toBe(206);
    expect(mirror.calls()).toEqual([STORAGE_GET]);
    expect(await digestOf((await mirror.get(LARGE_PATH)).bytes)).toBe(LARGE_BLOB.digest);
    expect(mirror.calls()).toEqual([STORAGE_GET]);
    expect((await mirror.head(LARGE_PATH)).headers.get("content-length")).toBe("1500000");
    expect(mirror.calls()).toEqual([STORAGE_GET]);
    const past = await mirror.get(LARGE_PATH, { range: "bytes=1500000-" });
    expect([past.status, past.headers.get("content-range")]).toEqual([416, "bytes */1500000"]);
    expect(mirror.calls()).toEqual([STORAGE_GET]);
  });

  it("[B5] is remembered until ten seconds before its signature expires", async () => {
    const mirror = await createSigned({ hub: { blobUrlSeconds: 100 } });
    mirror.clock.advance(89.9);
    expect((await mirror.get(LARGE_PATH, { range })).status).toBe(206);
    expect(mirror.calls()).toEqual([STORAGE_GET]);
    mirror.clock.advance(0.1);
    expect((await mirror.get(LARGE_PATH, { range })).status).toBe(206);
    expect(mirror.calls()).toEqual([REGISTRY_GET, STORAGE_GET]);
  });

  it("[B5] is remembered for a minute if it does not say when it expires", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(
      when({ host: "registry", path: /\/blobs\// }, async (next) => {
        const url = new URL((await next()).headers.get("location") ?? "");
        url.searchParams.delete("Expires");
        return redirect(url.href);
      }),
    );
    await mirror.warm(LARGE_PATH, { range });
    mirror.clock.advance(59.9);
    expect((await mirror.get(LARGE_PATH, { range })).status).toBe(206);
    expect(mirror.calls()).toEqual([STORAGE_GET]);
    mirror.clock.advance(0.1);
    expect((await mirror.get(LARGE_PATH, { range })).status).toBe(206);
    expect(mirror.calls()).toEqual([REGISTRY_GET, STORAGE_GET]);
  });

  it.each([403, 404, 500])("[B5] [25] is discarded when the storage answers %i", async (code) => {
    const mirror = await createSigned();
    mirror.hub.intercept(once({ host: "storage" }, () => status(code)));
    expect((await mirror.get(LARGE_PATH, { range })).status).toBe(206);
    expect(mirror.calls()).toEqual([STORAGE_GET, REGISTRY_GET, STORAGE_GET]);
    expect((await mirror.get(LARGE_PATH, { range })).status).toBe(206);
    expect(mirror.calls()).toEqual([STORAGE_GET]);
  });

  it("[B5] belongs to one isolate and one repository", async () => {
    const mirror = await createSigned();
    mirror.hub.push("library/alpine", null, imageWithBlob(LARGE_BLOB));
    await mirror.get(LARGE_PATH.replace("busybox", "alpine"), { range });
    expect(mirror.calls()).toContain(REGISTRY_GET.replace("busybox", "alpine"));
    mirror.restart();
    await mirror.get(LARGE_PATH, { range });
    expect(mirror.calls()).toContain(REGISTRY_GET);
  });

  it("[B5] appears in no log, store or response", async () => {
    const mirror = await createSigned();
    const answers = [await mirror.get(LARGE_PATH, { range }), await mirror.head(LARGE_PATH)];
    mirror.hub.intercept(when({ host: "storage" }, () => status(500)));
    answers.push(await mirror.get(LARGE_PATH));
    expect(answers.map(({ status }) => status)).toEqual([206, 200, 502]);
    const headers = answers.map((answer) => [...answer.headers]);
    const errors = answers.map(({ error }) => error);
    const written = JSON.stringify([mirror.log, headers, errors]) + (await mirror.stored());
    expect(written).not.toMatch(/Signature|STANDIN/);
  });
});
