import { describe, expect, it } from "vitest";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import { type Mirror, ORIGIN } from "../support/mirror/in-process.ts";
import {
  ALICE,
  basic,
  type Grant,
  LOGIN,
  logIn,
  looks,
  PLAIN_404,
  SECRET,
  useLoginMirrors,
  withAuthorization,
} from "../support/mirror/scenarios.ts";

const createMirror = useLoginMirrors();
const TAG = "/v2/alice/secret/manifests/1";
const bearer = (value: string) => withAuthorization(`Bearer ${value}`);

function post(mirror: Mirror, form: Record<string, string>, path = "/token") {
  const body = new URLSearchParams(form).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return mirror.ask(path, { method: "POST", body, headers });
}

/** @returns the scopes of the last token request upstream. */
function scopesOf(mirror: Mirror): string[] {
  const request = mirror.hub.requests.findLast(({ host }) => host === "auth");
  return request?.query.getAll("scope") ?? [];
}

describe("a token", () => {
  it("[A7a] has the form of Docker's specification, and is not cached", async () => {
    const mirror = createMirror();
    const path =
      "/token?account=alice&service=mirror.example.com&scope=repository:alice/secret:pull";
    const answer = await mirror.ask(path, withAuthorization(basic(...ALICE)));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store, no-transform");
    const grant = JSON.parse(answer.text) as Grant;
    expect(grant).toEqual({
      token: expect.stringMatching(/^[\w-]{50,}$/),
      access_token: grant.token,
      expires_in: 290,
      issued_at: "2026-01-15T12:00:00.000Z",
    });
    expect(mirror.calls()).toEqual(["registry GET /v2/", "auth GET /token"]);
    expect((await mirror.ask(TAG, bearer(grant.token))).status).toBe(200);
  });

  it.each([
    ["busybox", "library/busybox"],
    ["library/busybox", "library/busybox"],
    ["docker.io/busybox", "library/busybox"],
    ["docker.io/alice/secret", "alice/secret"],
    ["registry-1.docker.io/alice/secret", "alice/secret"],
  ])("[A7a] for %s is requested for %s", async (asked, name) => {
    const mirror = createMirror();
    await logIn(mirror, ALICE, [asked]);
    expect(scopesOf(mirror)).toEqual([`repository:${name}:pull`]);
  });

  it("[A7a] may be for several repositories, in several parameters or one", async () => {
    const mirror = createMirror();
    const scopes =
      "scope=repository:a/b:pull&scope=repository:busybox:pull,push%20repository:a/b:*";
    await mirror.ask(`/token?${scopes}`, withAuthorization(basic(...ALICE)));
    const expected = ["repository:a/b:pull", "repository:library/busybox:pull"];
    expect(scopesOf(mirror)).toEqual(expected);
  });

  it.each(["quay.io/a/b", "Upper/case", "a//b", "../x", "", "a b"])(
    "[A7a] is not requested for %j",
    async (name) => {
      const mirror = createMirror();
      await logIn(mirror, ALICE, [name]);
      expect(scopesOf(mirror)).toEqual([]);
    },
  );

  it("[A7a] is issued for POST, as containerd sends it", async () => {
    const mirror = createMirror();
    const answer = await post(mirror, {
      grant_type: "password",
      service: "mirror.example.com",
      client_id: "containerd-client",
      username: ALICE[0],
      password: ALICE[1],
      scope: "repository:alice/secret:pull repository:busybox:pull",
    });
    expect(answer.status).toBe(200);
    expect(scopesOf(mirror)).toHaveLength(2);
    const { access_token } = JSON.parse(answer.text) as Grant;
    expect((await mirror.ask(TAG, bearer(access_token))).status).toBe(200);
  });

  it.each([
    ["of another kind", { grant_type: "refresh_token", refresh_token: "x" }],
    ["without a password", { grant_type: "password", username: "alice" }],
    ["without anything", {}],
    ["larger than any", { grant_type: "password", username: "a", password: "p".repeat(70_000) }],
  ])("[A7a] is not issued for a form %s, so that clients try GET", async (_, form) => {
    const mirror = createMirror();
    const answer = await post(mirror, form);
    expect([answer.status, answer.error?.code]).toEqual([405, "UNSUPPORTED"]);
    expect(mirror.calls()).toEqual([]);
  });

  it("[A7b] is not issued for a wrong password, by GET or POST", async () => {
    const mirror = createMirror();
    for (const answer of [
      await mirror.ask("/token", withAuthorization(basic("alice", "wrong"))),
      await mirror.ask("/token", withAuthorization(basic("nobody", "x"))),
      await mirror.ask("/token", withAuthorization("Basic !")),
      await mirror.ask("/token", withAuthorization(basic("alice", ""))),
      await post(mirror, { grant_type: "password", username: "alice", password: "wrong" }),
    ]) {
      expect([answer.status, answer.error?.code]).toEqual([401, "UNAUTHORIZED"]);
    }
  });

  it.each([500, 429])("[A7b] is not issued if the upstream answers %i", async (code) => {
    const mirror = createMirror();
    mirror.hub.intercept(when({ host: "auth" }, () => status(code)));
    const answer = await mirror.ask("/token", withAuthorization(basic(...ALICE)));
    expect(answer.status).toBe(code === 429 ? 429 : 502);
  });

  it("[A7b] [35] refused with 429 is not requested again for the same account", async () => {
    const mirror = createMirror();
    mirror.hub.intercept(when({ host: "auth" }, () => status(429)));
    for (const password of [ALICE[1], ALICE[1], "another"]) {
      const answer = await mirror.ask("/token", withAuthorization(basic(ALICE[0], password)));
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "5"]);
    }
    expect(mirror.hub.count({ host: "auth" })).toBe(2);
  });

  it("[A7c] for anonymous clients takes no upstream request, and opens public images", async () => {
    const mirror = createMirror();
    const token = await logIn(mirror, null, ["busybox"]);
    expect(mirror.calls()).toEqual([]);
    expect((await mirror.ask("/v2/", withAuthorization(token))).status).toBe(200);
    const pull = await mirror.ask("/v2/busybox/manifests/1", withAuthorization(token));
    expect(pull.status).toBe(200);
    expect((await mirror.ask(TAG, withAuthorization(token))).status).toBe(404);
  });

  it("[A7d] expires, and is challenged then", async () => {
    const mirror = createMirror();
    const tokens = [await logIn(mirror, ALICE, ["alice/secret"]), await logIn(mirror, null, [])];
    mirror.clock.advance(300);
    for (const token of tokens) {
      const answer = await mirror.ask(TAG, withAuthorization(token));
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toContain("realm=");
    }
  });

  it("[A7d] with another key, or changed, is invalid", async () => {
    const mirror = createMirror();
    const token = await logIn(mirror, ALICE, ["alice/secret"]);
    const changed = [
      `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}0`,
      token.slice(0, -4),
      token.replace("Bearer ", "Bearer AAAA"),
      "Bearer x",
      "Bearer ",
      `Bearer ${"A".repeat(8000)}`,
      "Bearer e30.e30.e30",
    ];
    for (const wrong of changed) {
      expect((await mirror.ask(TAG, withAuthorization(wrong))).status).toBe(401);
    }
    mirror.reconfigure({ ...LOGIN, LOGIN_KEY: "f".repeat(32) });
    expect((await mirror.ask(TAG, withAuthorization(token))).status).toBe(401);
  });
});

describe("the challenge", () => {
  it.each([
    ["/v2/", ""],
    ["/v2/busybox/manifests/1", ',scope="repository:library/busybox:pull"'],
    [TAG, ',scope="repository:alice/secret:pull"'],
    ["/v2/alice/secret/tags/list", ',scope="repository:alice/secret:pull"'],
  ])("[A7] for %s names this mirror's own realm", async (path, scope) => {
    const mirror = createMirror();
    for (const method of ["GET", "HEAD"]) {
      const answer = await mirror.ask(path, { method });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe(
        `Bearer realm="${ORIGIN}/token",service="mirror.example.com"${scope}`,
      );
    }
    expect(mirror.calls()).toEqual([]);
  });

  it.each(["a%0Ab.c", 'a".c', "%E4%B8%AD.c", "ghcr.io"])(
    "[A7] has no scope for a registry that is not configured: %s",
    async (host) => {
      const answer = await createMirror().ask(`/v2/${host}/x/y/manifests/1`);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe(
        `Bearer realm="${ORIGIN}/token",service="mirror.example.com"`,
      );
    },
  );

  it("[A7] is the answer to Basic too, which is for the realm only", async () => {
    const mirror = createMirror();
    expect((await mirror.ask(TAG, withAuthorization(basic(...ALICE)))).status).toBe(401);
    expect(mirror.calls()).toEqual([]);
  });

  it("[A7] includes the path secret", async () => {
    const mirror = createMirror({ ACCESS_PATHS: `office=${SECRET}` });
    expect(await looks(mirror, "/token")).toEqual(PLAIN_404);
    expect(await looks(mirror, "/v2/")).toEqual(PLAIN_404);
    for (const path of [`/${SECRET}/v2/`, `/v2/${SECRET}/alice/secret/manifests/1`]) {
      const header = (await mirror.ask(path)).headers.get("www-authenticate");
      expect(header).toContain(`realm="${ORIGIN}/${SECRET}/token"`);
      expect(header).not.toContain(`:${SECRET}`);
    }
    const token = await logIn(mirror, ALICE, [`${SECRET}/alice/secret`], `/${SECRET}/token`);
    const scopes = mirror.hub.requests.at(-1)?.query.getAll("scope");
    expect(scopes).toEqual(["repository:alice/secret:pull"]);
    for (const path of [`/${SECRET}${TAG}`, TAG.replace("/v2", `/v2/${SECRET}`)]) {
      expect((await mirror.ask(path, withAuthorization(token))).status).toBe(200);
    }
    expect(await looks(mirror, TAG, withAuthorization(token))).toEqual(PLAIN_404);
    expect(JSON.stringify(mirror.log)).not.toContain(SECRET);
  });
});
