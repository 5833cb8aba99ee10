import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST } from "../support/contents.ts";
import { type Mirror, ORIGIN, useMirrors, type Vars } from "../support/mirror/in-process.ts";
import {
  basic,
  type Grant,
  logIn,
  looks,
  NEW_SECRET,
  PLAIN_404,
  SECRET,
  withAuthorization,
} from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const ALICE = ["alice", "fe01b2c3=d4:e5"] as const;
const PATHS = { ACCESS_PATHS: `office=${SECRET}` };
const USERS = { ACCESS_USERS: `alice=${ALICE[1]},bob=another` };
const BOTH = { ...PATHS, ...USERS };
const CHALLENGE = `Bearer realm="${ORIGIN}/token",service="mirror.example.com"`;

function createStocked(env: Vars = BOTH): Mirror {
  const mirror = createMirror({ env });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

function post(mirror: Mirror, form: Record<string, string>) {
  const body = new URLSearchParams(form).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return mirror.ask("/token", { method: "POST", body, headers });
}

describe("with path secrets and users, the challenge", () => {
  it.each(["/v2/", "/v2", TAG, "/v2/_catalog", "/v1/_ping", "/v2/X", `/v2/${SECRET}x/a/tags/list`])(
    "[A2c] at %s is Bearer, with the realm of the mirror",
    async (path) => {
      const mirror = createStocked();
      for (const method of ["GET", "HEAD", "POST"]) {
        for (const authorization of [null, basic("alice", "wrong"), "Bearer x"]) {
          const answer = await mirror.ask(path, { method, ...withAuthorization(authorization) });
          expect(answer.status).toBe(401);
          expect(answer.headers.get("www-authenticate")).toBe(CHALLENGE);
          expect(answer.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
        }
      }
      expect(mirror.calls()).toEqual([]);
    },
  );

  it("[A2c] is not needed with Basic credentials or the secret in the path", async () => {
    const mirror = createStocked();
    expect((await mirror.ask(TAG, withAuthorization(basic(...ALICE)))).status).toBe(200);
    for (const path of [`/${SECRET}/v2/`, `/v2/${SECRET}/`, `/v2/${SECRET}/busybox/tags/list`]) {
      expect((await mirror.ask(path)).status).toBe(200);
    }
  });

  it.each(["/", "/robots.txt", "/tokens", "/token/", `/${SECRET}/token`, `/v2/${SECRET}/token`])(
    "[A1c] [A2c] is in no answer for %s",
    async (path) => {
      const { headers, status } = await createStocked().ask(path);
      expect([status, headers.get("www-authenticate")]).toEqual([404, null]);
    },
  );

  it.each([PATHS, USERS])("[A2c] needs both of them: %o", async (env) => {
    const mirror = createStocked(env);
    const path = `/token?scope=repository:${SECRET}/busybox:pull`;
    expect(await looks(mirror, path)).toEqual(PLAIN_404);
  });
});

describe("a token for a path secret", () => {
  it.each([
    [`scope=repository:${SECRET}/busybox:pull`],
    [`service=mirror.example.com&scope=repository:${SECRET}/docker.io/library/busybox:pull`],
    [`scope=repository:${SECRET}/a:pull,push&scope=repository:other/b:pull`],
    [`scope=repository:other/b:pull%20repository:${SECRET}/a:pull`],
    [`account=x&scope=repository(plugin):${SECRET}/a:*`],
  ])("[A2c] is issued for a scope: %s", async (query) => {
    const mirror = createStocked();
    const answer = await mirror.ask(`/token?${query}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store, no-transform");
    const grant = JSON.parse(answer.text) as Grant;
    expect(grant).toEqual({
      token: expect.stringMatching(/^0\.[\w-]{50,}$/),
      access_token: grant.token,
      expires_in: 300,
      issued_at: "2026-01-15T12:00:00.000Z",
    });
    for (const path of ["/v2/", TAG, `/v2/${SECRET}/busybox/manifests/1.36`]) {
      const opened = await mirror.ask(path, withAuthorization(`Bearer ${grant.token}`));
      expect(opened.status, path).toBe(200);
    }
    expect(mirror.log.map(({ fields }) => fields.lock)).toEqual(Array(4).fill("office"));
    expect(mirror.log[0]?.fields.path).toBe("/token");
    expect(JSON.stringify(mirror.log)).not.toContain(SECRET);
    expect(await mirror.stored()).not.toContain(SECRET);
  });

  it.each([
    ["nothing", ""],
    ["an image", "?scope=repository:busybox:pull"],
    ["another secret", `?scope=repository:${NEW_SECRET}/busybox:pull`],
    ["the beginning of the secret", `?scope=repository:${SECRET.slice(0, -1)}/busybox:pull`],
    ["more than the secret", `?scope=repository:${SECRET}x/busybox:pull`],
    ["the secret at another place", `?scope=repository:busybox/${SECRET}:pull`],
    ["no scope of a repository", `?scope=registry:${SECRET}/busybox:pull`],
    ["many guesses", `?scope=${"repository:x:pull%20".repeat(16)}repository:${SECRET}/a:pull`],
    ["another parameter", `?service=repository:${SECRET}/busybox:pull`],
  ])("[A2c] is not issued for %s", async (_, query) => {
    const mirror = createStocked();
    const answer = await mirror.ask(`/token${query}`);
    expect([answer.status, answer.error?.code]).toEqual([401, "UNAUTHORIZED"]);
    expect(answer.error?.message).toContain("log in to this mirror first");
    expect(answer.headers.get("www-authenticate")).toBeNull();
    expect(answer.text).not.toContain(SECRET);
    expect(JSON.stringify(mirror.log)).not.toContain(SECRET);
    expect(mirror.calls()).toEqual([]);
  });
});

describe("a token for a user", () => {
  it.each([
    ["no image, as for docker login", []],
    ["an image", ["busybox"]],
    ["an image below a path secret", [`${SECRET}/busybox`]],
    ["an image below a wrong path secret", [`${NEW_SECRET}/busybox`]],
  ])("[A2c] is issued for %s, and opens what the user may", async (_, names) => {
    const mirror = createStocked();
    const token = await logIn(mirror, ALICE, names);
    expect((await mirror.ask("/v2/", withAuthorization(token))).status).toBe(200);
    expect((await mirror.ask(TAG, withAuthorization(token))).status).toBe(200);
    expect(mirror.log.map(({ fields }) => fields.lock)).toEqual(Array(3).fill("alice"));
    for (const secret of [SECRET, ALICE[1], token.slice(7)]) {
      expect(JSON.stringify(mirror.log)).not.toContain(secret);
      expect(await mirror.stored()).not.toContain(secret);
    }
    const upstream = mirror.hub.requests.map(({ headers }) => headers.get("authorization"));
    expect(upstream).not.toContain(token);
  });

  it("[A2c] is issued for POST", async () => {
    const mirror = createStocked();
    const form = { grant_type: "password", username: ALICE[0], password: ALICE[1] };
    const { access_token } = JSON.parse((await post(mirror, form)).text) as Grant;
    expect((await mirror.ask(TAG, withAuthorization(`Bearer ${access_token}`))).status).toBe(200);
    const wrong = await post(mirror, { ...form, password: "wrong" });
    expect([wrong.status, wrong.error?.code]).toEqual([401, "UNAUTHORIZED"]);
    expect(wrong.error?.message).toBe("this mirror has no user with this name and password");
    const other = await post(mirror, { grant_type: "refresh_token", refresh_token: "x" });
    expect([other.status, other.error?.code]).toEqual([405, "UNSUPPORTED"]);
  });

  it.each([
    ["a wrong password", basic("alice", "wrong")],
    ["another's password", basic("alice", "another")],
    ["the path secret as a password", basic("office", SECRET)],
    ["nobody's name", basic("carol", ALICE[1])],
    ["no Basic", "Basic !!!"],
  ])("[A2c] is not issued for %s", async (_, authorization) => {
    const mirror = createStocked();
    const answer = await mirror.ask("/token", withAuthorization(authorization));
    expect([answer.status, answer.error?.code]).toEqual([401, "UNAUTHORIZED"]);
    expect(mirror.calls()).toEqual([]);
  });

  it("[A2c] is not issued for another token, which would never expire then", async () => {
    const mirror = createStocked();
    const token = await logIn(mirror, ALICE, []);
    expect((await mirror.ask("/token", withAuthorization(token))).status).toBe(401);
  });
});

describe("a token", () => {
  const office = (mirror: Mirror) => logIn(mirror, null, [`${SECRET}/busybox`]);
  const alice = (mirror: Mirror) => logIn(mirror, ALICE, []);

  it.each([office, alice])("[A2d] expires after 5 minutes", async (issue) => {
    const mirror = createStocked();
    const token = await issue(mirror);
    mirror.clock.advance(299);
    expect((await mirror.ask(TAG, withAuthorization(token))).status).toBe(200);
    mirror.clock.advance(1);
    const answer = await mirror.ask(TAG, withAuthorization(token));
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, CHALLENGE]);
  });

  it.each([office, alice])("[A2d] that was altered is challenged", async (issue) => {
    const mirror = createStocked();
    const token = await issue(mirror);
    const [, position = "", sealed = ""] = /^Bearer (\d)\.(.*)$/.exec(token) ?? [];
    const changed = [
      ...[
        token.slice(0, -4),
        `${token}AAAA`,
        `Bearer ${sealed}`,
        `Bearer ${position}.AAAA${sealed}`,
      ],
      ...["0", "1", "2", "3", "-1", "at"]
        .filter((other) => other !== position)
        .map((other) => `Bearer ${other}.${sealed}`),
      ...[`Bearer ${position}`, `Bearer ${position}.`, `Bearer length.${sealed}`],
    ];
    for (const wrong of changed) {
      expect((await mirror.ask(TAG, withAuthorization(wrong))).status).toBe(401);
    }
  });

  it.each([
    ["path secret", office, { ...BOTH, ACCESS_PATHS: `office=${NEW_SECRET}` }],
    ["user", alice, { ...BOTH, ACCESS_USERS: "bob=another" }],
    ["password", alice, { ...BOTH, ACCESS_USERS: "alice=changed,bob=another" }],
  ])("[A2d] is invalid once its %s is removed", async (_, issue, env) => {
    const mirror = createStocked();
    const token = await issue(mirror);
    mirror.reconfigure(env);
    expect((await mirror.ask(TAG, withAuthorization(token))).status).toBe(401);
  });

  it("[A2d] stays valid while another one changes", async () => {
    const mirror = createStocked();
    const tokens = [await office(mirror), await alice(mirror)];
    const env = {
      ACCESS_PATHS: `office=${SECRET}`,
      ACCESS_USERS: `alice=${ALICE[1]},bob=changed,carol=third`,
    };
    mirror.reconfigure(env);
    for (const token of tokens) {
      expect((await mirror.ask(TAG, withAuthorization(token))).status).toBe(200);
    }
  });

  it("[A1d] [A2d] does not admit a path secret in the wrong place", async () => {
    const mirror = createStocked();
    const init = withAuthorization(await alice(mirror));
    expect(await looks(mirror, `/v2/busybox/${SECRET}/tags/list`, init)).toEqual(PLAIN_404);
    expect(await looks(mirror, `/v2/busybox/tags/list?last=${SECRET}`, init)).toEqual(PLAIN_404);
  });

  it("[A3] [A2d] is for the allowed networks only", async () => {
    const mirror = createStocked({ ...BOTH, ACCESS_NETWORKS: "198.51.100.0/24" });
    const scope = `/token?scope=repository:${SECRET}/busybox:pull`;
    const from = (address: string) => ({ headers: { "cf-connecting-ip": address } });
    expect((await mirror.ask(scope, from("203.0.113.1"))).status).toBe(403);
    expect((await mirror.ask(scope, from("198.51.100.7"))).status).toBe(200);
  });
});
