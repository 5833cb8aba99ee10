import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { type Mirror, type MirrorOptions, useMirrors } from "../support/mirror/in-process.ts";
import { basic, LOGIN, SECRET } from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1";
const BLOB = `/v2/busybox/blobs/${LAYER.digest}`;
const PLAIN_HTTP = "http://mirror.example.com";
const COMMON = {
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
};
const HSTS = { "strict-transport-security": "max-age=31536000" };
const SANDBOX = "sandbox; default-src 'none'";

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror(options);
  mirror.hub.push("library/busybox", "1", imageOf(OCI_MANIFEST));
  return mirror;
}

/** The headers for browsers only. */
function protectionOf({ headers }: { headers: Headers }) {
  const names = [...Object.keys(COMMON), ...Object.keys(HSTS)];
  const present = names.filter((name) => headers.has(name));
  return Object.fromEntries(present.map((name) => [name, headers.get(name)]));
}

describe("the headers for browsers", () => {
  it.each([
    ["GET", "/v2/"],
    ["GET", TAG],
    ["HEAD", TAG],
    ["GET", BLOB],
    ["GET", "/v2/busybox/tags/list"],
    ["GET", "/v2/busybox/manifests/none"],
    ["GET", "/v2/UPPER/manifests/1"],
    ["DELETE", TAG],
    ["GET", "/v1/search"],
  ])("[G9] are those of data for %s %s", async (method, path) => {
    const mirror = createStocked();
    const answer = await mirror.ask(path, { method });
    expect(protectionOf(answer)).toEqual({ ...COMMON, ...HSTS });
    expect(answer.headers.get("content-security-policy")).toBe(SANDBOX);
    const overHttp = await mirror.ask(`${PLAIN_HTTP}${path}`, { method });
    expect(protectionOf(overHttp)).toEqual(COMMON);
    expect(overHttp.headers.get("content-security-policy")).toBe(SANDBOX);
  });

  it.each(["/", "/unknown"])("[G9] leave the website its own policy: %s", async (path) => {
    const answer = await createMirror().ask(path);
    expect(protectionOf(answer)).toEqual({ ...COMMON, ...HSTS });
    expect(answer.headers.get("content-security-policy") ?? "").not.toContain("sandbox");
  });

  it("[G9] are in the answers of a misconfigured and of a locked mirror", async () => {
    for (const env of [{ TAG_TTL_SECONDS: "soon" }, { ACCESS_PATHS: `office=${SECRET}` }]) {
      const answer = await createMirror({ env }).ask(TAG);
      expect([404, 500]).toContain(answer.status);
      expect(protectionOf(answer)).toEqual({ ...COMMON, ...HSTS });
    }
  });
});

describe("a browser's request", () => {
  const ROUTES = [
    "/v2/",
    TAG,
    `/v2/busybox/manifests/${OCI_MANIFEST.digest}`,
    BLOB,
    "/v2/busybox/tags/list",
    `/v2/busybox/referrers/${OCI_MANIFEST.digest}`,
    "/v2/UPPER/manifests/1",
    "/v2/_catalog",
    "/v1/search?q=x",
    "/v1/_ping",
  ];

  it.each(ROUTES)("[A10] from another site is DENIED: %s", async (path) => {
    const mirror = createStocked({ env: { SEARCH: "on" } });
    await mirror.warm(TAG);
    await mirror.warm(BLOB);
    for (const site of ["cross-site", "same-site", "anything else"]) {
      const answer = await mirror.get(path, { "sec-fetch-site": site });
      expect([answer.status, answer.error?.code]).toEqual([403, "DENIED"]);
      expect((await mirror.head(path, { "sec-fetch-site": site })).status).toBe(403);
    }
    expect(mirror.calls()).toEqual([]);
  });

  it("[A10] from the mirror's own page is answered", async () => {
    const mirror = createStocked();
    for (const path of ["/v2/", TAG, BLOB, "/v2/busybox/tags/list"]) {
      expect((await mirror.get(path, { "sec-fetch-site": "same-origin" })).status).toBe(200);
    }
  });

  it("[A10] for an address that was entered gets a manifest, but no blob", async () => {
    const mirror = createStocked();
    expect((await mirror.get(TAG, { "sec-fetch-site": "none" })).status).toBe(200);
    const blob = await mirror.get(BLOB, { "sec-fetch-site": "none" });
    expect([blob.status, blob.error?.code]).toEqual([403, "DENIED"]);
    expect(mirror.hub.count({ path: /blobs/ })).toBe(0);
  });

  it("[A10] from another site gets no blob behind a lock either", async () => {
    const mirror = createStocked({ env: { ACCESS_PATHS: `office=${SECRET}` } });
    const headers = { "sec-fetch-site": "cross-site" };
    expect((await mirror.get(`/${SECRET}${BLOB}`, headers)).status).toBe(403);
  });
});

describe("plain http", () => {
  const USERS = { ACCESS_USERS: "alice=token" };
  const PATHS = { ACCESS_PATHS: `office=${SECRET}` };

  it.each([
    ["a path secret", PATHS, {}],
    ["users", USERS, { authorization: basic("alice", "token") }],
    ["both", { ...PATHS, ...USERS }, { authorization: basic("alice", "token") }],
    ["logins", LOGIN, {}],
    ["a lock, misconfigured", { ...PATHS, TAG_TTL_SECONDS: "soon" }, {}],
    ["users, misconfigured", { ...USERS, TAG_TTL_SECONDS: "soon" }, {}],
  ])("[A9] with %s is the plain 404, even with a valid login", async (_, env, headers) => {
    const mirror = createStocked({ env });
    for (const path of ["/", "/v2/", TAG, `/${SECRET}/v2/`, `/${SECRET}`, "/token"]) {
      const answer = await mirror.ask(`${PLAIN_HTTP}${path}`, { headers });
      expect([answer.status, answer.text]).toEqual([404, "Not found.\n"]);
      expect(answer.headers.get("www-authenticate")).toBeNull();
    }
    expect(mirror.calls()).toEqual([]);
    expect(JSON.stringify(mirror.log)).not.toContain(SECRET);
  });

  it.each(["http://127.0.0.1:8787", "http://localhost:8787", "http://[::1]:8787"])(
    "[A9] on %s is answered",
    async (origin) => {
      const mirror = createStocked({ env: PATHS });
      expect((await mirror.ask(`${origin}/${SECRET}${TAG}`)).status).toBe(200);
    },
  );

  it("[A9] without a lock is answered", async () => {
    const mirror = createStocked();
    expect((await mirror.ask(`${PLAIN_HTTP}${TAG}`)).status).toBe(200);
  });
});

describe("a mirror that is misconfigured", () => {
  const WRONG = { TAG_TTL_SECONDS: "soon" };

  it("[A11] names the variable to everyone without a lock", async () => {
    const mirror = createMirror({ env: WRONG });
    const answer = await mirror.get(TAG);
    expect([answer.status, answer.error?.code]).toEqual([500, "UNKNOWN"]);
    expect(answer.error?.message).toContain("TAG_TTL_SECONDS");
  });

  it("[A11] names it only behind the path secret", async () => {
    const mirror = createMirror({ env: { ...WRONG, ACCESS_PATHS: `office=${SECRET}` } });
    const stranger = await mirror.ask(TAG);
    expect([stranger.status, stranger.text]).toEqual([404, "Not found.\n"]);
    const owner = await mirror.get(`/${SECRET}${TAG}`);
    expect(owner.status).toBe(500);
    expect(owner.error?.message).toContain("TAG_TTL_SECONDS");
    expect(owner.text).not.toContain(SECRET);
    for (const { fields } of mirror.log) expect(fields.message).toContain("TAG_TTL_SECONDS");
    expect(mirror.log).toHaveLength(2);
  });

  it("[A11] asks for a login before it names it", async () => {
    const mirror = createMirror({ env: { ...WRONG, ACCESS_USERS: "alice=token" } });
    const stranger = await mirror.ask(TAG);
    expect(stranger.status).toBe(401);
    expect(stranger.text).not.toContain("TAG_TTL_SECONDS");
    const user = await mirror.ask(TAG, { headers: { authorization: basic("alice", "token") } });
    expect(user.status).toBe(500);
    expect(user.text).toContain("TAG_TTL_SECONDS");
  });

  it.each([
    { ACCESS_PATHS: "office=short" },
    { ACCESS_PATHS: `office=${SECRET}`, ACCESS_NETWORKS: "everywhere" },
    { ACCESS_USERS: "alice" },
  ])("[A11] names nothing while the lock itself is invalid: %j", async (env) => {
    const mirror = createMirror({ env });
    for (const path of [TAG, `/${SECRET}${TAG}`, "/short/v2/"]) {
      const answer = await mirror.ask(path);
      expect([answer.status, answer.text]).toEqual([404, "Not found.\n"]);
    }
    expect(mirror.log[0]?.fields.message).toMatch(/ACCESS_(PATHS|USERS|NETWORKS)/);
  });
});

describe("a path secret", () => {
  it.each([
    `/v2/busybox/tags/list?last=${SECRET}`,
    `/v2/busybox/tags/list?n=${SECRET}`,
    `/v2/busybox/tags/list?last=%30${SECRET.slice(1)}`,
    `/v2/busybox/manifests/1?ns=${SECRET}`,
  ])("[A1d] in the query is the plain 404, without an upstream request: %s", async (path) => {
    const mirror = createStocked({ env: { ACCESS_PATHS: `office=${SECRET}` } });
    const answer = await mirror.ask(`/${SECRET}${path}`);
    expect([answer.status, answer.text]).toEqual([404, "Not found.\n"]);
    expect(mirror.calls()).toEqual([]);
    expect(JSON.stringify(mirror.log)).not.toContain(SECRET);
  });
});
