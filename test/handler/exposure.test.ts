import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { type Mirror, type MirrorOptions, useMirrors } from "../support/mirror/in-process.ts";
import { basic, LOGIN, looks, SECRET } from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const BLOB = `/v2/busybox/blobs/${LAYER.digest}`;
const HTTP = "http://mirror.example.com";
const HSTS = "strict-transport-security";
const LOCKS = [
  { ACCESS_PATHS: `office=${SECRET}` },
  { ACCESS_USERS: "alice=fe01b2c3d4e5" },
  LOGIN,
  { ACCESS_PATHS: `office=${SECRET}`, ACCESS_USERS: "alice=fe01b2c3d4e5" },
] as const;

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror(options);
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

describe("the headers for browsers", () => {
  it.each([
    ["/v2/", 200],
    [TAG, 200],
    [BLOB, 200],
    ["/v2/busybox/manifests/none", 404],
    ["/v1/_ping", 404],
    ["/", 200],
    ["/favicon.ico", 404],
  ])("[G9] are in every response: %s %i", async (path, code) => {
    const mirror = createStocked();
    for (const origin of ["", HTTP]) {
      const { status, headers } = await mirror.ask(origin + path);
      expect(status).toBe(code);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get(HSTS)).toBe(origin === HTTP ? null : "max-age=31536000");
      const policy = headers.get("content-security-policy");
      if (path.startsWith("/v")) expect(policy).toBe("sandbox; default-src 'none'");
      else expect(policy).not.toBe("sandbox; default-src 'none'");
    }
  });
});

describe("a browser's request", () => {
  it.each(["cross-site", "same-site", "anything"])(
    "[A10] from another site is DENIED: %s",
    async (site) => {
      const mirror = createStocked({ env: { SEARCH: "on" } });
      const paths = ["/v2/", TAG, BLOB, "/v2/busybox/tags/list", "/v1/_ping", "/v1/search?q=a"];
      for (const path of paths) {
        const answer = await mirror.get(path, { "sec-fetch-site": site });
        expect([answer.status, answer.error?.code], path).toEqual([403, "DENIED"]);
      }
      expect(mirror.calls()).toEqual([]);
    },
  );

  it.each([
    ["same-origin", TAG, 200],
    ["same-origin", BLOB, 200],
    ["none", TAG, 200],
    ["none", BLOB, 403],
  ])("[A10] gets blobs for the mirror's own page only: %s %s", async (site, path, code) => {
    const mirror = createStocked();
    expect((await mirror.get(path, { "sec-fetch-site": site })).status).toBe(code);
  });
});

describe("plain http", () => {
  it.each(LOCKS)("[A9] is the plain 404 for every request if there is a lock: %o", async (env) => {
    const authorization = basic("alice", "fe01b2c3d4e5");
    for (const broken of [{}, { TAG_TTL_SECONDS: "soon" }]) {
      const mirror = createStocked({ env: { ...env, ...broken } });
      const unknown = await looks(mirror, `${HTTP}/favicon.ico`);
      expect([unknown.status, unknown.text]).toEqual([404, "Not found.\n"]);
      for (const path of ["/", "/v2/", TAG, `/${SECRET}${TAG}`, `/v2/${SECRET}/`, "/token"]) {
        const seen = await looks(mirror, HTTP + path, { headers: { authorization } });
        expect(seen, path).toEqual(unknown);
      }
      expect(mirror.calls()).toEqual([]);
      expect(JSON.stringify(mirror.log)).not.toContain(SECRET);
    }
  });

  it("[A9] is answered on a loopback host, and by an open mirror", async () => {
    const locked = createStocked({ env: LOCKS[0] });
    for (const host of ["localhost:8787", "127.0.0.1", "[::1]:8787"]) {
      expect((await locked.ask(`http://${host}/${SECRET}${TAG}`)).status, host).toBe(200);
    }
    expect((await createStocked().ask(HTTP + TAG)).status).toBe(200);
  });
});

describe("an invalid configuration", () => {
  const BROKEN = { TAG_TTL_SECONDS: "soon" };

  it("[A11] names the variable to everyone if there is no lock", async () => {
    const mirror = createStocked({ env: BROKEN });
    for (const path of ["/v2/", TAG, "/"]) {
      const answer = await mirror.ask(path);
      expect([answer.status, answer.error?.code], path).toEqual([500, "UNKNOWN"]);
      expect(answer.error?.message).toContain("TAG_TTL_SECONDS");
    }
  });

  it("[A11] names the variable to a request with a path secret, and else in the log only", async () => {
    const mirror = createStocked({ env: { ...LOCKS[0], ...BROKEN } });
    const opened = await mirror.ask(`/${SECRET}${TAG}`);
    expect([opened.status, opened.error?.code]).toEqual([500, "UNKNOWN"]);
    expect(opened.error?.message).toContain("TAG_TTL_SECONDS");
    const unknown = await looks(mirror, "/favicon.ico");
    expect([unknown.status, unknown.text]).toEqual([404, "Not found.\n"]);
    for (const path of ["/", "/v2/", TAG]) expect(await looks(mirror, path)).toEqual(unknown);
    expect(mirror.log.length).toBe(5);
    for (const { fields } of mirror.log) {
      expect(fields.message).toContain("TAG_TTL_SECONDS");
    }
  });

  it("[A11] names the variable to a user, and challenges everyone else", async () => {
    const mirror = createStocked({ env: { ...LOCKS[1], ...BROKEN } });
    const authorization = basic("alice", "fe01b2c3d4e5");
    const opened = await mirror.ask(TAG, { headers: { authorization } });
    expect([opened.status, opened.error?.code]).toEqual([500, "UNKNOWN"]);
    const challenged = await mirror.ask(TAG);
    expect([challenged.status, challenged.error?.code]).toEqual([401, "UNAUTHORIZED"]);
    expect(challenged.text).not.toContain("TAG_TTL_SECONDS");
    expect((await mirror.ask("/")).text).toBe("Not found.\n");
  });

  it("[A2c] [A11] names the variable to a token request that opens a lock", async () => {
    const mirror = createStocked({ env: { ...LOCKS[3], ...BROKEN } });
    for (const path of ["/v2/", "/token", "/token?scope=repository:busybox:pull"]) {
      const refused = await mirror.ask(path);
      expect([refused.status, refused.error?.code], path).toEqual([401, "UNAUTHORIZED"]);
    }
    const opened = await mirror.ask(`/token?scope=repository:${SECRET}/busybox:pull`);
    expect([opened.status, opened.error?.code]).toEqual([500, "UNKNOWN"]);
    expect(opened.error?.message).toContain("TAG_TTL_SECONDS");
  });
});
