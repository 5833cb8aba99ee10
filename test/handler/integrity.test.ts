import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/protocol/digest.ts";
import { imageOf, LAYER, OCI_MANIFEST, OCI_NEXT } from "../support/contents.ts";
import { breakAfter, once, when } from "../support/hub/faults.ts";
import { withHeaders } from "../support/hub/responses.ts";
import { encode } from "../support/image.ts";
import { type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const BY_DIGEST = `/v2/busybox/manifests/${OCI_MANIFEST.digest}`;
const PRETTY_JWS = "application/vnd.docker.distribution.manifest.v1+prettyjws";
const MIB = 1024 * 1024;

function createStocked(): Mirror {
  const mirror = createMirror();
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

/** A manifest of so many bytes. */
async function largeManifest(size: number) {
  const value = { schemaVersion: 2, mediaType: OCI_MANIFEST.mediaType, config: {}, layers: [] };
  const bytes = encode(
    JSON.stringify({ ...value, note: "" }).replace('""', `"${"a".repeat(size)}"`),
  );
  const digest = await digestOf(bytes);
  return { digest, bytes, text: "", mediaType: OCI_MANIFEST.mediaType };
}

describe("a manifest with the wrong content", () => {
  it.each([
    ["other bytes", (response: Response) => new Response(OCI_NEXT.bytes, response)],
    ["bytes that are no manifest", () => new Response("<html>", { status: 200 })],
    ["nothing", (response: Response) => new Response(null, response)],
  ])("[18] is rejected: %s", async (_, corrupt) => {
    const mirror = createStocked();
    const changed = async (next: () => Promise<Response>) =>
      corrupt(withHeaders(await next(), { "content-length": null }));
    mirror.hub.intercept(once({ method: "GET", path: /\/manifests\// }, changed, 2));
    for (const path of [TAG, BY_DIGEST]) {
      const answer = await mirror.get(path);
      expect(answer.status).toBe(502);
      expect(answer.error?.code).toBe("UNAVAILABLE");
    }
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.hub.count({ method: "GET", path: /\/manifests\// })).toBe(3);
    expect(mirror.kv.written().filter((kind) => kind === "manifest")).toEqual(["manifest"]);
  });

  it("[18] by tag is rejected although the upstream claims its digest", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(
      when({ path: /\/manifests\// }, async (next) => {
        const claim = { "docker-content-digest": OCI_NEXT.digest, "content-length": null };
        return withHeaders(await next(), claim);
      }),
    );
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
    expect(mirror.kv.written()).not.toContain("manifest");
  });

  it("[18] [18a] is passed on without caching if it is schema 1 with signatures", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(
      when({ path: /\/manifests\// }, async (next) => {
        const { status, headers } = withHeaders(await next(), { "content-type": PRETTY_JWS });
        headers.set("content-length", "16");
        return new Response('{"signatures":1}', { status, headers });
      }),
    );
    for (let pulls = 1; pulls <= 2; pulls++) {
      const answer = await mirror.get(BY_DIGEST);
      expect(answer.status).toBe(200);
      expect(answer.text).toBe('{"signatures":1}');
      expect(answer.headers.get("content-type")).toBe(PRETTY_JWS);
      expect(answer.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
      expect(answer.headers.get("cache-control")).toMatch(/^no-store\b/);
      expect(answer.headers.get("cache-control")).toContain("no-transform");
      expect(mirror.hub.count({ method: "GET", path: /\/manifests\// })).toBe(pulls);
    }
    expect(mirror.kv.written()).not.toContain("manifest");
    expect(await mirror.stored()).not.toContain('{"signatures":1}');
  });

  it.each([
    ["breaks off", (response: Response) => breakAfter(response, 100)],
    ["ends early", (response: Response) => new Response(OCI_MANIFEST.bytes.slice(1), response)],
  ])("[18] [18b] [27] is rejected and not cached if it %s twice", async (_, cut) => {
    const mirror = createStocked();
    const filter = { method: "GET", path: /\/manifests\// };
    mirror.hub.intercept(when(filter, async (next) => cut(await next())));
    const answer = await mirror.get(BY_DIGEST);
    mirror.hub.intercept(null);
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
    expect((await mirror.get(BY_DIGEST)).text).toBe(OCI_MANIFEST.text);
  });

  it("[18] [15] in a cache is ignored", async () => {
    const mirror = createStocked();
    await mirror.warm(BY_DIGEST);
    await mirror.kv.overwrite("manifest", OCI_NEXT.bytes);
    mirror.restart("elsewhere");
    expect((await mirror.get(BY_DIGEST)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual([
      "registry GET /v2/",
      `registry GET /v2/library/busybox/manifests/${OCI_MANIFEST.digest}`,
    ]);
  });
});

describe("a large manifest", () => {
  it("[19] is cached up to 4 MiB", async () => {
    const mirror = createStocked();
    const large = await largeManifest(4 * MIB - 200);
    mirror.hub.push("library/busybox", "large", imageOf(large));
    await mirror.warm("/v2/busybox/manifests/large");
    mirror.restart("elsewhere");
    const answer = await mirror.get("/v2/busybox/manifests/large");
    expect(await digestOf(answer.bytes)).toBe(large.digest);
    expect(mirror.calls()).toEqual([]);
  });

  it.each(["tag", "digest"])("[19] is rejected over 4 MiB, by %s", async (by) => {
    const mirror = createStocked();
    const large = await largeManifest(4 * MIB + 1);
    mirror.hub.push("library/busybox", "large", imageOf(large));
    const reference = by === "tag" ? "large" : large.digest;
    const answer = await mirror.get(`/v2/busybox/manifests/${reference}`);
    expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
    expect(answer.error?.message).toContain("manifest is larger than 4 MiB");
    expect(mirror.kv.written()).not.toContain("manifest");
    expect(await mirror.stored()).not.toContain("aaaaaaaa");
  });
});

describe("a small blob", () => {
  const path = `/v2/busybox/blobs/${LAYER.digest}`;

  it.each([
    [
      "other bytes",
      (response: Response) => new Response("another layer of this one..\n", response),
    ],
    ["too few bytes", (response: Response) => new Response(LAYER.bytes.slice(1), response)],
  ])("[21] [27] is not cached if the storage sends %s", async (_, corrupt) => {
    const mirror = createStocked();
    const wrong = once({ host: "storage" }, async (next) => corrupt(await next()));
    mirror.hub.intercept(wrong);
    await (await mirror.send(path)).arrayBuffer();
    await mirror.settle();
    expect((await mirror.get(path)).text).toBe(LAYER.text);
    expect(mirror.hub.count({ host: "storage" })).toBe(2);
  });
});
