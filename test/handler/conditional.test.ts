import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST, OCI_NEXT } from "../support/contents.ts";
import { HANDSHAKE, type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const BY_DIGEST = `/v2/busybox/manifests/${OCI_MANIFEST.digest}`;
const ETAG = `"${OCI_MANIFEST.digest}"`;
const OTHER = `"${OCI_NEXT.digest}"`;

function createStocked(): Mirror {
  const mirror = createMirror();
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

describe("If-None-Match", () => {
  const forms = [ETAG, `W/${ETAG}`, `${OTHER}, ${ETAG}`, `W/${OTHER},W/${ETAG}`, "*"];
  it.each(forms)("[15] is answered 304 by tag: %s", async (header) => {
    const mirror = createStocked();
    for (const ask of [mirror.head, mirror.get]) {
      const answer = await ask(TAG, { "if-none-match": header });
      expect(answer.status).toBe(304);
      expect(answer.headers.get("etag")).toBe(ETAG);
      expect(answer.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
      expect(answer.headers.get("vary")).toBe("Accept");
      expect(answer.headers.get("cache-control")).toBe("no-cache, no-transform");
    }
    expect(mirror.calls()).toEqual([
      ...HANDSHAKE,
      "registry HEAD /v2/library/busybox/manifests/1.36",
    ]);
  });

  it.each(forms)("[15] is answered 304 by digest, without a pull: %s", async (header) => {
    const mirror = createStocked();
    const answer = await mirror.get(BY_DIGEST, { "if-none-match": header });
    expect(answer.status).toBe(304);
    expect(answer.headers.get("etag")).toBe(ETAG);
    expect(answer.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
    expect(mirror.hub.pulls()).toBe(0);
  });

  it("[15] asks nobody about a cached digest", async () => {
    const mirror = createStocked();
    await mirror.warm(BY_DIGEST);
    expect((await mirror.get(BY_DIGEST, { "if-none-match": ETAG })).status).toBe(304);
    expect(mirror.calls()).toEqual([]);
  });

  it.each([OTHER, OCI_MANIFEST.digest, `${ETAG.slice(0, -2)}"`, ""])(
    "[15] does not match %s",
    async (header) => {
      const mirror = createStocked();
      expect((await mirror.get(TAG, { "if-none-match": header })).text).toBe(OCI_MANIFEST.text);
      expect((await mirror.get(BY_DIGEST, { "if-none-match": header })).status).toBe(200);
    },
  );

  it("[15] does not match a tag that has moved", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.clock.advance(60);
    const answer = await mirror.get(TAG, { "if-none-match": ETAG });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(OCI_NEXT.text);
  });

  it("[15] is no way to learn that there is a manifest that is not there", async () => {
    const mirror = createStocked();
    const path = `/v2/busybox/manifests/${OCI_NEXT.digest}`;
    expect((await mirror.get(path, { "if-none-match": "*" })).error?.code).toBe("MANIFEST_UNKNOWN");
  });

  it("[15] is answered 304 for a blob", async () => {
    const mirror = createStocked();
    const path = `/v2/busybox/blobs/${LAYER.digest}`;
    const answer = await mirror.get(path, { "if-none-match": `W/"${LAYER.digest}"` });
    expect(answer.status).toBe(304);
    expect(answer.headers.get("etag")).toBe(`"${LAYER.digest}"`);
    expect(answer.headers.get("docker-content-digest")).toBe(LAYER.digest);
    expect(mirror.hub.count({ host: "storage", method: "GET" })).toBe(0);
  });
});
