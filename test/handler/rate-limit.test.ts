import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_INDEX, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import {
  type Answer,
  HANDSHAKE,
  type Mirror,
  type MirrorOptions,
  useMirrors,
} from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const HEAD_TAG = "registry HEAD /v2/library/busybox/manifests/1.36";
const BY_DIGEST = `/v2/busybox/manifests/${OCI_MANIFEST.digest}`;
const BLOB = `/v2/busybox/blobs/${LAYER.digest}`;
const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror(options);
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

function tooMany(retryAfter: string | null = null): Response {
  const headers = retryAfter === null ? {} : { "retry-after": retryAfter };
  return new Response("429 Too Many Requests\n", { status: 429, headers });
}

function expectStale(answer: Answer): void {
  expect(answer.status).toBe(200);
  expect(answer.text).toBe(OCI_MANIFEST.text);
  expect(answer.headers.get("warning")).toMatch(/^299 - "[^"\\]+"$/);
  expect(answer.headers.get("warning")).toContain("too many requests");
  expect(answer.headers.get("cache-status")).toMatch(/^sampan; (hit|fwd=stale); detail=stale$/);
}

describe("429 for cached content", () => {
  it.each(["registry", "auth"] as const)(
    "[34] [G8] of the %s is replaced by the last manifest",
    async (host) => {
      const mirror = createStocked();
      await mirror.warm(TAG);
      mirror.clock.advance(300);
      mirror.hub.intercept(when({ host }, () => tooMany()));
      expectStale(await mirror.get(TAG));
      const head = await mirror.head(TAG);
      expect(head.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
      expect(head.headers.get("warning")).toContain("too many requests");
      expect(mirror.hub.count({ host, method: host === "auth" ? "GET" : "HEAD" })).toBe(2);
    },
  );

  it("[34] is replaced by 304 with a warning", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    mirror.hub.become("limited");
    const answer = await mirror.get(TAG, { "if-none-match": `"${OCI_MANIFEST.digest}"` });
    expect(answer.status).toBe(304);
    expect(answer.headers.get("warning")).toMatch(/^299 - "/);
  });

  it.each(["here", "elsewhere"] as const)("[34] is replaced in a new isolate %s", async (where) => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.clock.advance(86_400);
    mirror.hub.become("limited");
    mirror.restart(where);
    expectStale(await mirror.get(TAG));
  });

  it("[34] [36] is replaced until a check in the background succeeds", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    mirror.hub.become("limited");
    expectStale(await mirror.get(TAG));
    mirror.hub.become("serving");
    mirror.clock.advance(10);
    expectStale(await mirror.get(TAG));
    const answer = await mirror.get(TAG);
    expect(answer.headers.get("warning")).toBeNull();
    expect(answer.headers.get("cache-status")).toBe("sampan; hit");
  });

  it("[34] does not affect fresh tags, digests and small blobs", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    await mirror.warm(BLOB);
    mirror.hub.become("limited");
    for (const path of [TAG, BY_DIGEST, BLOB]) {
      const answer = await mirror.get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("warning")).toBeNull();
    }
    expect(mirror.calls()).toEqual([]);
  });
});

describe("429 for other content", () => {
  it.each([
    ["registry, beside one for a token", { method: "HEAD" }, 2],
    ["token service", { host: "auth" }, 1],
  ] as const)("[35] of the %s is asked once for five retries", async (_, filter, calls) => {
    const mirror = createStocked();
    await mirror.warm("/v2/busybox/tags/list");
    mirror.clock.advance(300);
    mirror.hub.intercept(when(filter, () => tooMany("7")));
    for (let tries = 1; tries <= 5; tries++) {
      const answer = await mirror.get(TAG);
      expect(answer.status).toBe(429);
      expect(answer.headers.get("retry-after")).toBe("5");
      expect(answer.error?.code).toBe("TOOMANYREQUESTS");
    }
    expect(mirror.calls().length).toBe(calls);
    mirror.hub.intercept(null);
    mirror.clock.advance(7);
    expect((await mirror.get(TAG)).status).toBe(200);
  });

  it.each([
    ["tag", TAG, `HEAD /v2/library/busybox/manifests/1.36`],
    ["digest", BY_DIGEST, `GET /v2/library/busybox/manifests/${OCI_MANIFEST.digest}`],
    ["blob", BLOB, `GET /v2/library/busybox/blobs/${LAYER.digest}`],
  ])("[35] is remembered for a %s", async (_, path, call) => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /(manifests|blobs)/ }, () => tooMany()));
    for (let tries = 1; tries <= 5; tries++) expect((await mirror.get(path)).status).toBe(429);
    expect(mirror.calls()).toEqual([...HANDSHAKE, `registry ${call}`]);
  });

  it("[35] is remembered for one repository, reference and Accept class alone", async () => {
    const mirror = createStocked();
    mirror.hub.push("library/busybox", "1.37", imageOf(OCI_INDEX, OCI_MANIFEST));
    mirror.hub.push("grafana/grafana", "1.36", imageOf(OCI_INDEX, OCI_MANIFEST));
    mirror.hub.intercept(when({ path: /busybox\/manifests\/1.36/ }, () => tooMany()));
    expect((await mirror.get(TAG)).status).toBe(429);
    expect((await mirror.get("/v2/busybox/manifests/1.37")).status).toBe(200);
    expect((await mirror.get("/v2/grafana/grafana/manifests/1.36")).status).toBe(200);
    mirror.hub.intercept(null);
    expect((await mirror.get(TAG)).status).toBe(429);
    expect((await mirror.get(TAG, { accept: OCI_MANIFEST.mediaType })).status).toBe(200);
  });

  it.each([
    [null, 10, "5"],
    ["30", 30, "5"],
    ["4", 4, "4"],
    ["1", 1, "1"],
    ["0", 1, "1"],
    ["-5", 10, "5"],
    ["3600", 60, "5"],
    ["99999999999999999999999", 60, "5"],
    ["1.5", 10, "5"],
    ["soon", 10, "5"],
    ["", 10, "5"],
    ["Thu, 15 Jan 2026 12:00:25 GMT", 25, "5"],
    ["Thu, 15 Jan 2026 13:00:00 GMT", 60, "5"],
    ["Thu, 15 Jan 2026 11:00:00 GMT", 1, "1"],
    ["Thu, 99 Foo 2026", 10, "5"],
    ["1773000000", 60, "5"],
  ])(
    "[35] [35a] with Retry-After %o is remembered for %i s, and answered with %s",
    async (value, seconds, expected) => {
      const mirror = createStocked();
      mirror.hub.intercept(when({ method: "HEAD" }, () => tooMany(value)));
      for (const ask of [mirror.get, mirror.head]) {
        expect((await ask(TAG)).headers.get("retry-after")).toBe(expected);
      }
      mirror.clock.advance(seconds - 0.1);
      expect((await mirror.get(TAG)).status).toBe(429);
      expect(mirror.hub.count({ method: "HEAD" })).toBe(1);
      mirror.clock.advance(0.2);
      await mirror.get(TAG);
      expect(mirror.hub.count({ method: "HEAD" })).toBe(2);
    },
  );

  it.each([
    ["GET", "HEAD", 429],
    ["HEAD", "GET", 429],
    ["GET", "HEAD", 404],
    ["HEAD", "GET", 404],
  ])("[35b] [20] of a %s does not answer a %s: %i", async (refused, other, code) => {
    const mirror = createStocked();
    const limited = when({ method: refused, path: /\/manifests\// }, () => status(code));
    mirror.hub.intercept(limited);
    const ask = { GET: mirror.get, HEAD: mirror.head };
    const [first, second] = refused === "GET" ? [ask.GET, ask.HEAD] : [ask.HEAD, ask.GET];
    for (let tries = 1; tries <= 2; tries++) expect((await first(BY_DIGEST)).status).toBe(code);
    expect(mirror.hub.count({ method: refused, path: /\/manifests\// })).toBe(1);
    expect((await second(BY_DIGEST)).status).toBe(200);
    expect(mirror.hub.count({ method: other, path: /\/manifests\// })).toBe(1);
  });

  it.each([
    [{}, "no account configured"],
    [ACCOUNT, "account is configured"],
  ])("[35] says whether an account is configured: %o", async (env, told) => {
    const mirror = createStocked({ env, hub: { accounts: { sampan: "hunter2" } } });
    mirror.hub.become("limited");
    const answer = await mirror.get(TAG);
    expect(answer.error?.message).toContain(told);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(mirror.hub.count()).toBe(1);
  });

  it("[35] by GET does not affect HEAD", async () => {
    const mirror = createStocked();
    mirror.hub.become("exhausted");
    expect((await mirror.head(TAG)).status).toBe(200);
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(429);
    expect(answer.error?.message).toContain("pull quota is used up");
    await mirror.get(TAG);
    await mirror.get(BY_DIGEST);
    expect(mirror.calls()).toEqual([
      ...HANDSHAKE,
      HEAD_TAG,
      `registry GET /v2/library/busybox/manifests/${OCI_MANIFEST.digest}`,
    ]);
  });

  it("[35] is remembered for the tags of a repository, whichever page is requested", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /tags/ }, () => tooMany("5")));
    for (const query of ["", "?n=2", "?n=0", "?last=a"]) {
      expect((await mirror.get(`/v2/busybox/tags/list${query}`)).status).toBe(429);
    }
    expect(mirror.hub.count({ path: /tags/ })).toBe(1);
    mirror.clock.advance(5);
    await mirror.get("/v2/busybox/tags/list");
    expect(mirror.hub.count({ path: /tags/ })).toBe(2);
  });

  it("[35] is remembered for the referrers of a digest", async () => {
    const mirror = createStocked();
    const path = `/v2/busybox/referrers/${OCI_MANIFEST.digest}`;
    mirror.hub.intercept(when({ path: /referrers/ }, () => tooMany("5")));
    for (const query of ["", "?artifactType=a", ""]) {
      expect((await mirror.get(`${path}${query}`)).status).toBe(429);
    }
    expect(mirror.hub.count({ path: /referrers/ })).toBe(1);
    mirror.clock.advance(5);
    await mirror.get(path);
    expect(mirror.hub.count({ path: /referrers/ })).toBe(2);
  });

  it("[35] is remembered for the referrers of one repository alone", async () => {
    const mirror = createStocked();
    mirror.hub.push("grafana/grafana", "1", imageOf(OCI_MANIFEST));
    mirror.hub.intercept(when({ path: /busybox\/referrers/ }, () => tooMany("5")));
    const route = `referrers/${OCI_MANIFEST.digest}`;
    expect((await mirror.get(`/v2/busybox/${route}`)).status).toBe(429);
    expect((await mirror.get(`/v2/grafana/grafana/${route}`)).status).toBe(200);
  });

  it("[35] is answered for lists too", async () => {
    const mirror = createStocked();
    mirror.hub.become("limited");
    expect((await mirror.get("/v2/busybox/tags/list")).error?.code).toBe("TOOMANYREQUESTS");
    const referrers = await mirror.get(`/v2/busybox/referrers/${OCI_MANIFEST.digest}`);
    expect(referrers.headers.get("retry-after")).toBe("5");
  });
});
