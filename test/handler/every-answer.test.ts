import { describe, expect, it } from "vitest";
import { imageOf, imageWithBlob, LARGE_BLOB, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status, withHeaders } from "../support/hub/responses.ts";
import { type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };

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

const ALL_PATHS = [
  "/v2/",
  TAG,
  `/v2/busybox/manifests/${OCI_MANIFEST.digest}`,
  `/v2/busybox/blobs/${LAYER.digest}`,
  `/v2/busybox/blobs/${LARGE_BLOB.digest}`,
  "/v2/busybox/tags/list",
  `/v2/busybox/referrers/${OCI_MANIFEST.digest}`,
  "/v2/sampan/none/manifests/1",
];

function createWithAccount(): Mirror {
  const mirror = createMirror({ env: ACCOUNT, hub: { accounts: { sampan: "hunter2" } } });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  mirror.hub.push("library/busybox", null, imageWithBlob(LARGE_BLOB));
  return mirror;
}

describe("every response", () => {
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
  ])("[G1] has the API version: %s %s %i", async (method, path, code) => {
    const mirror = createStocked();
    const response = await mirror.send(path, { method });
    await response.arrayBuffer();
    await mirror.settle();
    expect(response.status).toBe(code);
    expect(response.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
  });

  it.each(["/v2/", ...PATHS, "/v2/busybox/manifests/none"])(
    "[G7] has no-transform: %s",
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
  it.each(PATHS)(
    "[G7] asks for identity encoding and does not follow redirects: %s",
    async (path) => {
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
    },
  );

  it("[G6] [37] that is answered 405 is not a 405 for the client", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /library/ }, () => new Response(null, { status: 405 })));
    for (const path of PATHS) {
      expect([404, 502]).toContain((await mirror.get(path)).status);
      expect([404, 502]).toContain((await mirror.head(path)).status);
    }
  });
});

describe("Cache-Status", () => {
  it("[G8] reports miss and hit by digest, for HEAD and for 304", async () => {
    const mirror = createStocked();
    const path = `/v2/busybox/manifests/${OCI_MANIFEST.digest}`;
    expect((await mirror.head(path)).headers.get("cache-status")).toBe("sampan; fwd=miss");
    expect((await mirror.get(path)).headers.get("cache-status")).toBe("sampan; fwd=miss");
    expect((await mirror.head(path)).headers.get("cache-status")).toBe("sampan; hit");
    const unchanged = await mirror.get(path, { "if-none-match": "*" });
    expect(unchanged.status).toBe(304);
    expect(unchanged.headers.get("cache-status")).toBe("sampan; hit");
  });

  it("[G7] [14] and length are right for a manifest that is encoded nevertheless", async () => {
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

describe("a client's headers", () => {
  const CLIENT = {
    authorization: "Bearer token-of-a-client",
    "proxy-authorization": "Basic of-a-client",
    cookie: "cookie-of-a-client",
    "x-forwarded-for": "192.0.2.1",
    "x-forwarded-proto": "https",
    "x-real-ip": "192.0.2.1",
    forwarded: "for=192.0.2.1",
    "cf-connecting-ip": "192.0.2.1",
    "cf-ray": "0000000000000000-AMS",
    "cf-ipcountry": "NL",
    "user-agent": "docker/28.5.0 secret-machine",
    referer: "https://intranet.example/",
    "accept-encoding": "zstd;q=1.0, gzip;q=0.8",
    "x-custom": "anything",
    via: "1.1 proxy.example",
  };

  it.each(ALL_PATHS)("[G3] are not sent upstream: %s", async (path) => {
    const mirror = createWithAccount();
    await mirror.get(path, CLIENT);
    await mirror.head(path, CLIENT);
    const known = ["accept", "accept-encoding", "authorization", "range", "user-agent"];
    for (const { headers } of mirror.hub.requests) {
      expect([...headers.keys()].filter((name) => !known.includes(name))).toEqual([]);
      expect(headers.get("user-agent")).toBe("sampan");
      expect(headers.get("authorization") ?? "").not.toContain("of-a-client");
    }
    expect(JSON.stringify(mirror.log)).not.toMatch(/of-a-client|192\.0\.2\.1|secret-machine/);
  });

  it.each(ALL_PATHS)("[G3] are never requested by a challenge: %s", async (path) => {
    const mirror = createWithAccount();
    const refusal = { "www-authenticate": 'Bearer realm="https://auth.docker.io/token"' };
    for (const code of [401, 403, 407]) {
      const isRegistry = when({ host: "registry", path: /library|none/ }, () =>
        status(code, refusal),
      );
      mirror.hub.intercept(isRegistry);
      for (const answer of [await mirror.get(path), await mirror.head(path)]) {
        expect([401, 407]).not.toContain(answer.status);
        expect(answer.headers.get("www-authenticate")).toBeNull();
      }
    }
  });
});

describe("the upstream's headers", () => {
  it.each(ALL_PATHS)("[G4] are passed on by name only: %s", async (path) => {
    const mirror = createWithAccount();
    const noise = {
      "set-cookie": "session=of-the-upstream",
      "www-authenticate": "Bearer",
      "docker-ratelimit-source": "192.0.2.7",
      "x-amz-request-id": "1",
      "x-ratelimit-limit": "1",
      server: "nginx",
      location: "https://example.com/",
      age: "1",
      expires: "0",
      "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
      "content-disposition": "attachment",
      "access-control-allow-origin": "*",
      "content-language": "en",
      "alt-svc": 'h3=":443"',
    };
    mirror.hub.intercept(async ({ path: asked }, next) => {
      const response = await next();
      return response.status === 307 || asked === "/v2/" ? undefined : withHeaders(response, noise);
    });
    for (const answer of [await mirror.get(path), await mirror.head(path)]) {
      const crossed = Object.keys(noise).filter((name) => answer.headers.has(name));
      expect(crossed).toEqual([]);
      expect([...answer.headers.values()].join()).not.toContain("192.0.2.7");
    }
  });

  it("[G4] include the pull quota", async () => {
    const mirror = createWithAccount();
    const answer = await mirror.get(TAG);
    expect(answer.headers.get("ratelimit-limit")).toBe("200;w=21600");
    expect(answer.headers.get("ratelimit-remaining")).toBe("199;w=21600");
    expect((await mirror.get(TAG)).headers.get("ratelimit-limit")).toBeNull();
  });

  it.each(["unlimited", "100", "100;w=21600, evil", "<script>"])(
    "[G4] [P3] include no quota of another form, and neither does the page: %s",
    async (value) => {
      const mirror = createWithAccount();
      const quota = { "ratelimit-limit": value, "ratelimit-remaining": value };
      mirror.hub.intercept(
        when({ method: "HEAD" }, async (next) => withHeaders(await next(), quota)),
      );
      expect((await mirror.head(TAG)).headers.get("ratelimit-limit")).toBeNull();
      const { text } = await mirror.ask("/");
      expect(text).not.toContain("pulls left");
      // The page does show a quota of the right form.
      mirror.hub.intercept(null);
      await mirror.get(`/v2/busybox/manifests/${OCI_MANIFEST.digest}`);
      expect((await mirror.ask("/")).text).toContain("199 of 200 pulls left");
    },
  );
});

describe("the log", () => {
  it("[G2] contains no signed URL when the storage fails", async () => {
    const mirror = createWithAccount();
    for (const fault of ["reset", status(500), status(403)] as const) {
      mirror.hub.intercept(when({ host: "storage" }, () => fault));
      const answer = await mirror.get(`/v2/busybox/blobs/${LARGE_BLOB.digest}`);
      expect(answer.status).toBe(502);
      expect(answer.error?.message).toContain("production.cloudfront.docker.com");
      expect(answer.text).not.toMatch(/registry-v2|Expires|Key-Pair/);
    }
  });
});
