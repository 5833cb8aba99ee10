import { describe, expect, test } from "vitest";
import type { AuthScheme } from "../../../src/protocol/challenge.ts";
import {
  authorize,
  readTokenAhead,
  recordAccepted,
  renewCredential,
} from "../../../src/upstream/auth/credentials.ts";
import {
  ACCOUNT,
  answer,
  BASIC,
  BEARER,
  CHALLENGE,
  createUpstream,
  errorOf,
  linesOf,
  NAME,
  NOW,
  type Respond,
  withTokens,
} from "../network.ts";

const TOKEN_REQUEST =
  "GET https://auth.docker.io/token?service=registry.docker.io&scope=repository%3Alibrary%2Fbusybox%3Apull";
const OLD: AuthScheme = { ...BEARER, realm: "https://auth.docker.io/old" };
const withoutTokens = withTokens(() => answer(500));

describe("authorize", () => {
  test.each([
    [{ scheme: { kind: "open" }, account: ACCOUNT }, null],
    [{ scheme: { kind: "basic" }, account: ACCOUNT }, BASIC],
    [{ scheme: { kind: "basic" } }, null],
    [{ token: "cached" }, "Bearer cached"],
    [{ token: "cached", clientToken: "of the client" }, "Bearer of the client"],
  ] as const)("%j has the header %j, without a request", async (options, header) => {
    const { upstream, requests } = createUpstream(() => answer(500), options);
    expect((await authorize(upstream, NAME)).header).toBe(header);
    expect(requests).toEqual([]);
  });

  test("requests a token once for concurrent requests, and then uses it", async () => {
    const { upstream, requests } = createUpstream(withoutTokens, { scheme: BEARER });
    const both = [authorize(upstream, NAME), authorize(upstream, NAME)];
    for (const { header, isFresh } of await Promise.all(both)) {
      expect([header, isFresh]).toEqual(["Bearer fresh", true]);
    }
    expect(await authorize(upstream, NAME)).toMatchObject({
      header: "Bearer fresh",
      isFresh: false,
    });
    expect(linesOf(requests)).toEqual([TOKEN_REQUEST]);
  });

  test("uses a token that another isolate stored", async () => {
    const { upstream, requests } = createUpstream(withoutTokens, { scheme: BEARER });
    const stored = { value: "stored", expiresAt: NOW + 60_000 };
    const tokens = { ...upstream.tokens, read: async () => stored };
    const credential = await authorize({ ...upstream, tokens }, NAME);
    expect(credential).toMatchObject({ header: "Bearer stored", isFresh: false });
    expect(requests).toEqual([]);
  });

  test("never uses the token of another account or none", async () => {
    const { upstream, requests } = createUpstream(withoutTokens, { token: "anonymous" });
    const { header } = await authorize({ ...upstream, account: ACCOUNT }, NAME);
    expect([header, requests.length]).toEqual(["Bearer fresh", 1]);
  });

  test("finds a token service that has moved", async () => {
    const respond: Respond = ({ url }) =>
      url.endsWith("/v2/") ? answer(401, { "www-authenticate": CHALLENGE }) : answer(404);
    const { upstream, requests, schemes } = createUpstream(withTokens(respond), { scheme: OLD });
    expect((await authorize(upstream, NAME)).header).toBe("Bearer fresh");
    expect(linesOf(requests)).toEqual([
      TOKEN_REQUEST.replace("/token?", "/old?"),
      "GET https://registry-1.docker.io/v2/",
      TOKEN_REQUEST,
    ]);
    expect(schemes.get("registry-1.docker.io")).toEqual(BEARER);
  });

  test.each([
    [503, "UNAVAILABLE", 2],
    [401, "NAME_UNKNOWN", 1],
    [429, "TOOMANYREQUESTS", 1],
  ])("fails as a token service that did not move: %i", async (status, code, count) => {
    const respond: Respond = ({ url }) =>
      url.endsWith("/v2/") ? answer(401, { "www-authenticate": CHALLENGE }) : answer(status);
    const { upstream, requests } = createUpstream(respond, { scheme: BEARER });
    expect((await errorOf(authorize(upstream, NAME))).code).toBe(code);
    expect(requests.length).toBe(count);
  });
});

describe("a refused credential", () => {
  test("is replaced if its token was cached", async () => {
    const { upstream, requests } = createUpstream(withoutTokens, { token: "cached" });
    const refused = await authorize(upstream, NAME);
    const renewed = await renewCredential(upstream, NAME, refused, CHALLENGE);
    expect(renewed).toMatchObject({ header: "Bearer fresh", isFresh: true });
    expect((await authorize(upstream, NAME)).header).toBe("Bearer fresh");
    expect(linesOf(requests)).toEqual([TOKEN_REQUEST]);
  });

  test("is replaced by a newer token of another request, without a request", async () => {
    const { upstream, requests } = createUpstream(withoutTokens, { token: "cached" });
    const refused = { header: "Bearer older", isFresh: false, token: null };
    const renewed = await renewCredential(upstream, NAME, refused, CHALLENGE);
    expect(renewed?.header).toBe("Bearer cached");
    expect(requests).toEqual([]);
  });

  test.each([
    ["a fresh token", { scheme: BEARER }, CHALLENGE],
    ["an account for HTTP Basic", { scheme: { kind: "basic" }, account: ACCOUNT }, "Basic"],
    ["a client's own token", { clientToken: "own", scheme: { kind: "open" } }, CHALLENGE],
    ["none, and none is demanded", { scheme: { kind: "open" } }, null],
  ] as const)("has no replacement if it is %s", async (_, options, challenge) => {
    const { upstream } = createUpstream(
      withTokens(() => answer(200)),
      options,
    );
    const refused = await authorize(upstream, NAME);
    expect(await renewCredential(upstream, NAME, refused, challenge)).toBeNull();
  });
});

test("an accepted token is kept for others, but not a client's own", async () => {
  const { upstream, persisted } = createUpstream(withoutTokens, { scheme: BEARER });
  const own = { ...upstream, clientToken: "own" };
  for (const one of [own, upstream]) {
    const credential = await authorize(one, NAME);
    expect(persisted).toEqual([]);
    recordAccepted(one, credential);
  }
  expect(persisted).toEqual(["fresh"]);
});

test.each([
  ["the token that authorize will need", { scheme: BEARER }, ["repository:library/busybox:pull"]],
  ["no token of a registry that needs none", { scheme: { kind: "open" } }, []],
  ["no token of a registry that is unknown", { scheme: null }, []],
  ["no token of the mirror for a client with its own", { scheme: BEARER, clientToken: "own" }, []],
] as const)("readTokenAhead reads %s, without a request", async (_, options, expected) => {
  const { upstream, requests } = createUpstream(() => answer(500), options);
  const scopes: string[] = [];
  const read = async ({ scope }: { scope: string }) => {
    scopes.push(scope);
    return null;
  };
  await readTokenAhead({ ...upstream, tokens: { ...upstream.tokens, read } }, NAME);
  expect([scopes, requests]).toEqual([expected, []]);
});
