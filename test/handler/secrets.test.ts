import { describe, expect, it } from "vitest";
import { imageOf, imageWithBlob, LARGE_BLOB, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status, withHeaders } from "../support/hub/responses.ts";
import { type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };
const PATHS = [
  "/v2/",
  TAG,
  `/v2/busybox/manifests/${OCI_MANIFEST.digest}`,
  `/v2/busybox/blobs/${LAYER.digest}`,
  `/v2/busybox/blobs/${LARGE_BLOB.digest}`,
  "/v2/busybox/tags/list",
  `/v2/busybox/referrers/${OCI_MANIFEST.digest}`,
  "/v2/sampan/none/manifests/1",
];

function createStocked(): Mirror {
  const mirror = createMirror({ env: ACCOUNT, hub: { accounts: { sampan: "hunter2" } } });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  mirror.hub.push("library/busybox", null, imageWithBlob(LARGE_BLOB));
  return mirror;
}

describe("what a client sends", () => {
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

  it.each(PATHS)("[G3] stays here: %s", async (path) => {
    const mirror = createStocked();
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

  it.each(["Basic c29tZWJvZHk6c2VjcmV0", "Bearer anything", "nonsense"])(
    "[G3] a login makes no difference: %s",
    async (authorization) => {
      const mirror = createStocked();
      const answer = await mirror.get(TAG, { authorization });
      expect(answer.status).toBe(200);
      await mirror.get(TAG);
      expect(mirror.hub.count()).toBe(4);
    },
  );

  it.each(PATHS)("[G3] is never asked for: %s", async (path) => {
    const mirror = createStocked();
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

describe("what the upstream says", () => {
  it.each(PATHS)("[G4] crosses by name only: %s", async (path) => {
    const mirror = createStocked();
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

  it("[G4] of its quota crosses", async () => {
    const mirror = createStocked();
    const answer = await mirror.get(TAG);
    expect(answer.headers.get("ratelimit-limit")).toBe("200;w=21600");
    expect(answer.headers.get("ratelimit-remaining")).toBe("199;w=21600");
    expect((await mirror.get(TAG)).headers.get("ratelimit-limit")).toBeNull();
  });

  it.each(["unlimited", "100;w=21600, evil", "<script>"])(
    "[G4] of its quota does not cross if it is none: %s",
    async (value) => {
      const mirror = createStocked();
      const quota = { "ratelimit-limit": value, "ratelimit-remaining": value };
      mirror.hub.intercept(
        when({ method: "HEAD" }, async (next) => withHeaders(await next(), quota)),
      );
      expect((await mirror.head(TAG)).headers.get("ratelimit-limit")).toBeNull();
    },
  );
});

describe("the log", () => {
  it("[G2] has one line for each request, without its query or headers", async () => {
    const mirror = createStocked();
    await mirror.get(`${TAG}?ns=docker.io&secret=1`, { authorization: "Basic eA==" });
    await mirror.head("/v2/busybox/manifests/none");
    const image = { registry: "docker.io", image: "library/busybox" };
    const known = { time: "2026-01-15T12:00:00.000Z", client: null, lock: null, ...image };
    expect(mirror.log).toEqual([
      {
        event: "request",
        fields: {
          ...known,
          method: "GET",
          path: TAG,
          reference: "1.36",
          bytes: OCI_MANIFEST.bytes.length,
          status: 200,
          cache: "sampan; fwd=miss",
          upstreamRequests: 4,
          ms: 0,
        },
      },
      {
        event: "request",
        fields: {
          ...known,
          method: "HEAD",
          path: "/v2/busybox/manifests/none",
          reference: "none",
          bytes: 0,
          status: 404,
          cache: null,
          upstreamRequests: 1,
          ms: 0,
          error: "MANIFEST_UNKNOWN",
          message: "library/busybox:none is not known to the upstream",
          reason: null,
        },
      },
    ]);
  });

  it("[G2] tells no signed URL when the storage fails", async () => {
    const mirror = createStocked();
    for (const fault of ["reset", status(500), status(403)] as const) {
      mirror.hub.intercept(when({ host: "storage" }, () => fault));
      const answer = await mirror.get(`/v2/busybox/blobs/${LARGE_BLOB.digest}`);
      expect(answer.status).toBe(502);
      expect(answer.error?.message).toContain("production.cloudfront.docker.com");
      expect(answer.text).not.toMatch(/registry-v2|Expires|Key-Pair/);
    }
  });
});
