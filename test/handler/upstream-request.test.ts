import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { withHeaders } from "../support/hub/responses.ts";
import { type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const PATHS = [
  TAG,
  `/v2/busybox/manifests/${OCI_MANIFEST.digest}`,
  `/v2/busybox/blobs/${LAYER.digest}`,
  "/v2/busybox/tags/list",
  `/v2/busybox/referrers/${OCI_MANIFEST.digest}`,
];

function createStocked(): Mirror {
  const mirror = createMirror();
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

describe("every answer", () => {
  it.each([
    ["GET", "/v2/", 200],
    ["HEAD", "/v2", 200],
    ["GET", TAG, 200],
    ["GET", `/v2/busybox/blobs/${LAYER.digest}`, 200],
    ["GET", "/v2/busybox/manifests/none", 404],
    ["GET", "/v2/_catalog", 404],
    ["GET", "/v2/BAD/tags/list", 400],
    ["DELETE", TAG, 405],
    ["GET", "/v1/_ping", 404],
  ])("[G1] names the version of the API: %s %s %i", async (method, path, code) => {
    const mirror = createStocked();
    const response = await mirror.send(path, { method });
    await response.arrayBuffer();
    await mirror.settle();
    expect(response.status).toBe(code);
    expect(response.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
  });

  it("[G1] names it on 206, 304 and 416 too", async () => {
    const mirror = createStocked();
    const path = `/v2/busybox/blobs/${LAYER.digest}`;
    for (const [headers, code] of [
      [{ range: "bytes=0-1" }, 206],
      [{ "if-none-match": "*" }, 304],
      [{ range: "bytes=100-" }, 416],
    ] as const) {
      const answer = await mirror.get(path, headers);
      expect(answer.status).toBe(code);
      expect(answer.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
    }
  });

  it.each(["/v2/", ...PATHS, "/v2/busybox/manifests/none"])(
    "[G7] is not to be transformed on its way: %s",
    async (path) => {
      const mirror = createStocked();
      for (const answer of [await mirror.get(path), await mirror.head(path)]) {
        expect(answer.headers.get("cache-control")).toMatch(/\bno-transform\b/);
        expect(Number(answer.headers.get("content-length"))).toBeGreaterThan(0);
      }
    },
  );
});

describe("every request upstream", () => {
  it.each(PATHS)("[G7] asks for bytes as they are, and for no redirect: %s", async (path) => {
    const mirror = createStocked();
    await mirror.get(path, { "accept-encoding": "gzip, zstd" });
    await mirror.head(path);
    expect(mirror.hub.requests.length).toBeGreaterThan(2);
    for (const { headers } of mirror.hub.requests) {
      expect(headers.get("accept-encoding")).toBe("identity");
    }
    for (const { redirect, cache } of mirror.sent.map(({ init }) => init)) {
      expect(redirect).toBe("manual");
      expect(cache).toBe("no-store");
    }
  });

  it("[G6] [36] that is answered 405 is no 405 here", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /library/ }, () => new Response(null, { status: 405 })));
    for (const path of PATHS) {
      expect([404, 502]).toContain((await mirror.get(path)).status);
      expect([404, 502]).toContain((await mirror.head(path)).status);
    }
  });
});

describe("Cache-Status", () => {
  it("[G8] tells a miss, a hit and a new look at what was known", async () => {
    const mirror = createStocked();
    const told = async (path: string) => (await mirror.get(path)).headers.get("cache-status");
    expect(await told(TAG)).toBe("sampan; fwd=miss");
    expect(await told(TAG)).toBe("sampan; hit");
    expect(await told(`/v2/busybox/manifests/${OCI_MANIFEST.digest}`)).toBe("sampan; hit");
    mirror.clock.advance(60);
    expect(await told(TAG)).toBe("sampan; fwd=stale");
  });

  it("[G8] tells the same by digest, for HEAD and for 304", async () => {
    const mirror = createStocked();
    const path = `/v2/busybox/manifests/${OCI_MANIFEST.digest}`;
    expect((await mirror.head(path)).headers.get("cache-status")).toBe("sampan; fwd=miss");
    expect((await mirror.get(path)).headers.get("cache-status")).toBe("sampan; fwd=miss");
    expect((await mirror.head(path)).headers.get("cache-status")).toBe("sampan; hit");
    const unchanged = await mirror.get(path, { "if-none-match": "*" });
    expect(unchanged.status).toBe(304);
    expect(unchanged.headers.get("cache-status")).toBe("sampan; hit");
  });

  it("[G7] [13] a manifest that comes encoded all the same has the length of its bytes", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(
      when({ path: /manifests/ }, async (next) =>
        withHeaders(await next(), { "content-encoding": "gzip", "content-length": "5" }),
      ),
    );
    const answer = await mirror.get(TAG);
    expect(answer.headers.get("content-length")).toBe("399");
    expect(answer.headers.get("content-encoding")).toBeNull();
  });
});
