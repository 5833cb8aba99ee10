import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/protocol/digest.ts";
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  imageOf,
  LAYER,
  type ManifestContent,
  OCI_INDEX,
  OCI_MANIFEST,
  OCI_NEXT,
} from "../support/contents.ts";
import { type Interceptor, when } from "../support/hub/faults.ts";
import { redirect, withHeaders } from "../support/hub/responses.ts";
import { HANDSHAKE, type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const HEAD_TAG = "registry HEAD /v2/library/busybox/manifests/1.36";
const GET_TAG = "registry GET /v2/library/busybox/manifests/1.36";
const BY_DIGEST = `/v2/busybox/manifests/${OCI_MANIFEST.digest}`;
const ETAG = `"${OCI_MANIFEST.digest}"`;
const OTHER = `"${OCI_NEXT.digest}"`;

function createStocked(first: ManifestContent, ...others: ManifestContent[]): Mirror {
  const mirror = createMirror();
  mirror.hub.push("library/busybox", "1.36", imageOf(first, ...others));
  return mirror;
}

function getOf({ digest }: ManifestContent): string {
  return `registry GET /v2/library/busybox/manifests/${digest}`;
}

/** A registry with its manifests at a storage, which answers HEAD with an error. */
function storedManifest(headStatus: number): Interceptor {
  const { mediaType, bytes } = OCI_MANIFEST;
  return ({ host, method, path }) => {
    if (host === "registry" && path.includes("/manifests/")) {
      return redirect("https://production.cloudfront.docker.com/manifest");
    }
    if (host !== "storage") return undefined;
    if (method === "HEAD") return new Response(null, { status: headStatus });
    return new Response(bytes, { headers: { "content-type": mediaType } });
  };
}

function createTagged(): Mirror {
  const mirror = createMirror();
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

describe("a manifest by tag", () => {
  it("[12] is checked by HEAD, and fetched once by its digest", async () => {
    const mirror = createStocked(OCI_MANIFEST);
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual([...HANDSHAKE, HEAD_TAG, getOf(OCI_MANIFEST)]);
    expect(mirror.hub.pulls()).toBe(1);
  });

  it("[12] takes no pull for HEAD", async () => {
    const mirror = createStocked(OCI_MANIFEST);
    expect((await mirror.head(TAG)).status).toBe(200);
    expect(mirror.calls()).toEqual([...HANDSHAKE, HEAD_TAG]);
    expect(mirror.hub.pulls()).toBe(0);
  });

  it("[12] is not fetched again for another tag of the same digest", async () => {
    const mirror = createStocked(OCI_MANIFEST);
    mirror.hub.push("library/busybox", "latest", imageOf(OCI_MANIFEST));
    await mirror.warm(TAG);
    expect((await mirror.get("/v2/busybox/manifests/latest")).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual(["registry HEAD /v2/library/busybox/manifests/latest"]);
  });

  it("[12] is fetched again for another repository with the same digest", async () => {
    const mirror = createStocked(OCI_MANIFEST);
    mirror.hub.push("grafana/grafana", "1.36", imageOf(OCI_MANIFEST));
    await mirror.warm(TAG);
    await mirror.get(`/v2/grafana/grafana/manifests/${OCI_MANIFEST.digest}`);
    expect(mirror.calls()).toEqual([
      "auth GET /token",
      `registry GET /v2/grafana/grafana/manifests/${OCI_MANIFEST.digest}`,
    ]);
  });

  it.each([
    ["an OCI image", OCI_MANIFEST, [], 399],
    ["an OCI index", OCI_INDEX, [OCI_MANIFEST], 289],
    ["a Docker image", DOCKER_MANIFEST, [], 421],
    ["a Docker list", DOCKER_LIST, [DOCKER_MANIFEST], 317],
  ] as const)("[13] has the same headers for GET and HEAD: %s", async (_, first, others, size) => {
    const mirror = createStocked(first, ...others);
    for (const answer of [await mirror.head(TAG), await mirror.get(TAG)]) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe(first.mediaType);
      expect(answer.headers.get("content-length")).toBe(String(size));
      expect(answer.headers.get("docker-content-digest")).toBe(first.digest);
      expect(answer.headers.get("etag")).toBe(`"${first.digest}"`);
      expect(answer.headers.get("vary")).toBe("Accept");
      expect(answer.headers.get("cache-control")).toBe("no-cache, no-transform");
    }
    expect((await mirror.get(TAG)).text).toBe(first.text);
  });

  it.each([
    ["digest", { "docker-content-digest": null }],
    ["length", { "content-length": null }],
    ["length, being encoded,", { "content-encoding": "gzip" }],
    ["type", { "content-type": "text/plain" }],
  ])("[14] is fetched and hashed if HEAD has no %s", async (_, missing) => {
    const mirror = createStocked(OCI_MANIFEST);
    mirror.hub.intercept(
      when({ method: "HEAD" }, async (next) => withHeaders(await next(), missing)),
    );
    const head = await mirror.head(TAG);
    expect(head.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
    expect(head.headers.get("content-length")).toBe("399");
    expect(mirror.calls()).toEqual([...HANDSHAKE, HEAD_TAG, GET_TAG]);
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual([]);
  });

  it.each([405, 501])(
    "[14a] is fetched and hashed if the registry rejects HEAD: %i",
    async (code) => {
      const mirror = createStocked(OCI_MANIFEST);
      mirror.hub.intercept(when({ method: "HEAD" }, () => new Response(null, { status: code })));
      const head = await mirror.head(TAG);
      expect(head.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
      expect(mirror.calls()).toEqual([...HANDSHAKE, HEAD_TAG, GET_TAG]);
      expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    },
  );

  it.each([403, 404, 405, 501])(
    "[14a] is fetched and hashed if the storage that the registry redirects to rejects HEAD: %i",
    async (code) => {
      for (const reference of ["1.36", OCI_MANIFEST.digest]) {
        const mirror = createStocked(OCI_MANIFEST);
        mirror.hub.intercept(storedManifest(code));
        const head = await mirror.head(`/v2/busybox/manifests/${reference}`);
        expect([head.status, head.headers.get("content-length")]).toEqual([200, "399"]);
        const answer = await mirror.get(`/v2/busybox/manifests/${reference}`);
        expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
        expect(mirror.hub.count({ host: "storage", method: "HEAD" })).toBe(1);
        expect(mirror.hub.count({ host: "storage", method: "GET" })).toBe(1);
      }
    },
  );

  it.each([401, 403, 404])(
    "[14a] [30] [31] [20] is not fetched if the registry answers %i",
    async (code) => {
      const mirror = createStocked(OCI_MANIFEST);
      mirror.hub.intercept(when({ method: "HEAD" }, () => new Response(null, { status: code })));
      expect((await mirror.get(TAG)).status).toBe(code === 403 ? 403 : 404);
      expect(mirror.hub.pulls()).toBe(0);
    },
  );

  it("[14] is hashed if the upstream reports no digest", async () => {
    const mirror = createStocked(OCI_MANIFEST);
    mirror.hub.intercept(
      when({ path: /\/manifests\// }, async (next) =>
        withHeaders(await next(), { "docker-content-digest": null }),
      ),
    );
    const answer = await mirror.get(TAG);
    expect(answer.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
    expect(await digestOf(answer.bytes)).toBe(OCI_MANIFEST.digest);
    expect(mirror.calls()).toEqual([...HANDSHAKE, HEAD_TAG, GET_TAG]);
  });
});

describe("a manifest by digest", () => {
  const path = `/v2/busybox/manifests/${DOCKER_MANIFEST.digest}`;

  it("[13] is immutable, and the same for every Accept", async () => {
    const mirror = createStocked(DOCKER_MANIFEST);
    for (const answer of [await mirror.head(path), await mirror.get(path)]) {
      expect(answer.headers.get("content-type")).toBe(DOCKER_MANIFEST.mediaType);
      expect(answer.headers.get("content-length")).toBe("421");
      expect(answer.headers.get("docker-content-digest")).toBe(DOCKER_MANIFEST.digest);
      expect(answer.headers.get("etag")).toBe(`"${DOCKER_MANIFEST.digest}"`);
      expect(answer.headers.get("vary")).toBeNull();
      expect(answer.headers.get("cache-control")).toBe(
        "public, max-age=31536000, immutable, no-transform",
      );
    }
    expect(mirror.calls()).toEqual([
      ...HANDSHAKE,
      `registry HEAD /v2/library/busybox/manifests/${DOCKER_MANIFEST.digest}`,
      getOf(DOCKER_MANIFEST),
    ]);
  });

  it("[15] is not requested again, whatever the Accept", async () => {
    const mirror = createStocked(DOCKER_MANIFEST);
    await mirror.warm(path);
    for (const accept of [OCI_INDEX.mediaType, "text/plain", "*/*", ""]) {
      const answer = await mirror.get(path, { accept });
      expect(answer.text).toBe(DOCKER_MANIFEST.text);
      expect(answer.headers.get("content-type")).toBe(DOCKER_MANIFEST.mediaType);
      expect((await mirror.head(path, { accept })).headers.get("content-length")).toBe("421");
    }
    expect(mirror.calls()).toEqual([]);
  });

  it("[15] is not requested again after a pull by tag, or with an encoded colon", async () => {
    const mirror = createStocked(DOCKER_MANIFEST);
    await mirror.warm(TAG);
    expect((await mirror.get(path)).text).toBe(DOCKER_MANIFEST.text);
    expect((await mirror.get(path.replace("sha256:", "sha256%3A"))).status).toBe(200);
    expect(mirror.calls()).toEqual([]);
  });
});

describe("If-None-Match", () => {
  const forms = [ETAG, `W/${ETAG}`, `${OTHER}, ${ETAG}`, `W/${OTHER},W/${ETAG}`, "*"];
  it.each(forms)("[16] is answered 304 by tag: %s", async (header) => {
    const mirror = createTagged();
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

  it.each(forms)("[16] is answered 304 by digest, without a pull: %s", async (header) => {
    const mirror = createTagged();
    const answer = await mirror.get(BY_DIGEST, { "if-none-match": header });
    expect(answer.status).toBe(304);
    expect(answer.headers.get("etag")).toBe(ETAG);
    expect(answer.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
    expect(mirror.hub.pulls()).toBe(0);
  });

  it("[16] takes no upstream request for a cached digest", async () => {
    const mirror = createTagged();
    await mirror.warm(BY_DIGEST);
    expect((await mirror.get(BY_DIGEST, { "if-none-match": ETAG })).status).toBe(304);
    expect(mirror.calls()).toEqual([]);
  });

  it.each([OTHER, OCI_MANIFEST.digest, `${ETAG.slice(0, -2)}"`, ""])(
    "[16] does not match %s",
    async (header) => {
      const mirror = createTagged();
      expect((await mirror.get(TAG, { "if-none-match": header })).text).toBe(OCI_MANIFEST.text);
      expect((await mirror.get(BY_DIGEST, { "if-none-match": header })).status).toBe(200);
    },
  );

  it("[16] does not match a tag that has moved", async () => {
    const mirror = createTagged();
    await mirror.warm(TAG);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.clock.advance(60);
    const answer = await mirror.get(TAG, { "if-none-match": ETAG });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(OCI_NEXT.text);
  });

  it("[16] does not match a missing manifest", async () => {
    const mirror = createTagged();
    const path = `/v2/busybox/manifests/${OCI_NEXT.digest}`;
    expect((await mirror.get(path, { "if-none-match": "*" })).error?.code).toBe("MANIFEST_UNKNOWN");
  });

  it("[16] is answered 304 for a blob", async () => {
    const mirror = createTagged();
    const path = `/v2/busybox/blobs/${LAYER.digest}`;
    const answer = await mirror.get(path, { "if-none-match": `W/"${LAYER.digest}"` });
    expect(answer.status).toBe(304);
    expect(answer.headers.get("etag")).toBe(`"${LAYER.digest}"`);
    expect(answer.headers.get("docker-content-digest")).toBe(LAYER.digest);
    expect(mirror.hub.count({ host: "storage", method: "GET" })).toBe(0);
  });
});
