import { describe, expect, test } from "vitest";
import type { AuthScheme } from "../../../src/protocol/challenge.ts";
import {
  demandedScheme,
  knownScheme,
  tokenServiceUrl,
} from "../../../src/upstream/auth/challenge.ts";
import {
  ACCOUNT,
  answer,
  BEARER,
  CHALLENGE,
  createUpstream,
  errorOf,
  linesOf,
  type UpstreamOptions,
} from "../network.ts";

const HOST = "registry-1.docker.io";
const FOREIGN: AuthScheme = {
  kind: "bearer",
  realm: "https://tokens.example/token",
  service: null,
};
const OPEN: AuthScheme = { kind: "open" };
const BASIC: AuthScheme = { kind: "basic" };

/** A registry whose `/v2/` answers with this challenge. */
function createChallenging(challenge: string | null, options: UpstreamOptions = {}) {
  const headers = challenge === null ? {} : { "www-authenticate": challenge };
  return createUpstream(() => answer(401, headers), { scheme: null, ...options });
}

describe("an unknown scheme", () => {
  test("is discovered once, without the account, and then known", async () => {
    const { upstream, requests, schemes } = createChallenging(CHALLENGE, { account: ACCOUNT });
    const found = await Promise.all([knownScheme(upstream), knownScheme(upstream)]);
    expect([...found, await knownScheme(upstream)]).toEqual([BEARER, BEARER, BEARER]);
    expect(linesOf(requests)).toEqual([`GET https://${HOST}/v2/`]);
    expect(requests[0]?.headers.has("authorization")).toBe(false);
    expect(schemes.get(HOST)).toEqual(BEARER);
  });

  test("is taken as open, without a request, where another registry redirected", async () => {
    const { upstream, requests } = createChallenging(CHALLENGE, { isRedirectTarget: true });
    expect(await knownScheme(upstream)).toEqual(OPEN);
    expect(requests).toEqual([]);
  });

  test.each([
    [200, { "www-authenticate": CHALLENGE }],
    [404, {}],
    [401, {}],
    [401, { "www-authenticate": "Negotiate" }],
  ])("is open if `/v2/` answers %i with %j", async (status, headers) => {
    const respond = () => answer(status, headers as Record<string, string>);
    const { upstream } = createUpstream(respond, { scheme: null });
    expect(await knownScheme(upstream)).toEqual(OPEN);
  });

  test.each([
    [503, { code: "UNAVAILABLE", status: 502, isTransient: true }],
    [429, { code: "TOOMANYREQUESTS", retryAfterSeconds: 7 }],
  ])("stays unknown if `/v2/` answers %i", async (status, expected) => {
    const respond = () => answer(status, { "retry-after": "7" });
    const { upstream, schemes } = createUpstream(respond, { scheme: null });
    const error = await errorOf(knownScheme(upstream));
    expect(error).toMatchObject(expected);
    expect(error.message).toMatch(/^(authentication: )?registry-1\.docker\.io /);
    expect(schemes.size).toBe(0);
  });
});

describe("a scheme whose token service must not receive the account", () => {
  test("is not remembered", async () => {
    const challenge = 'Bearer realm="https://tokens.example/token"';
    const { upstream, schemes } = createChallenging(challenge, { account: ACCOUNT });
    expect(await knownScheme(upstream)).toEqual(FOREIGN);
    expect(schemes.size).toBe(0);
  });

  test("is discovered again if it was remembered for anonymous requests", async () => {
    const { upstream, schemes } = createChallenging(CHALLENGE, { scheme: FOREIGN });
    expect(await knownScheme(upstream)).toEqual(FOREIGN);
    expect(await knownScheme({ ...upstream, account: ACCOUNT })).toEqual(BEARER);
    expect(schemes.get(HOST)).toEqual(BEARER);
  });
});

describe("a refusal demands", () => {
  const demand = async (known: AuthScheme, challenge: string | null, account = true) => {
    const options = { scheme: known, account: account ? ACCOUNT : null };
    const { upstream, requests, schemes } = createChallenging(CHALLENGE, options);
    const changed = await demandedScheme(upstream, known, challenge);
    const found = { scheme: changed ?? known, hasChanged: changed !== null };
    return { ...found, requests: requests.length, remembered: schemes.get(HOST) };
  };
  const NEW = 'Bearer realm="https://auth.docker.io/new"';
  const NEW_SCHEME = { kind: "bearer", realm: "https://auth.docker.io/new", service: null };
  const FOREIGN_CHALLENGE = 'Bearer realm="https://tokens.example/token"';

  test.each([
    ["the scheme of its challenge", BEARER, NEW, NEW_SCHEME, true],
    ["the known scheme again", BEARER, CHALLENGE, BEARER, false],
    ["a token where none was needed", OPEN, CHALLENGE, BEARER, true],
    ["HTTP Basic where nothing was needed", OPEN, "Basic", BASIC, true],
    ["the known scheme without a challenge", BEARER, null, BEARER, false],
    ["the known scheme with a realm that is not trusted", BEARER, FOREIGN_CHALLENGE, BEARER, false],
    ["the known scheme with a challenge without a realm", BEARER, "Bearer", BEARER, false],
  ] as const)("%s", async (_, known, challenge, scheme, hasChanged) => {
    const found = await demand(known, challenge);
    expect(found).toEqual({ scheme, hasChanged, requests: 0, remembered: scheme });
  });

  test("what `/v2/` reports if nothing was needed and there is no challenge", async () => {
    const found = await demand(OPEN, null);
    expect(found).toEqual({ scheme: BEARER, hasChanged: true, requests: 1, remembered: BEARER });
  });

  test("what `/v2/` reports if the challenge names a token service on another host", async () => {
    const known = await demand(BEARER, FOREIGN_CHALLENGE, false);
    expect(known).toEqual({ scheme: BEARER, hasChanged: false, requests: 1, remembered: BEARER });
    const moved = await demand(FOREIGN, CHALLENGE, false);
    expect(moved).toEqual({ scheme: BEARER, hasChanged: true, requests: 1, remembered: BEARER });
  });

  test("any public realm for anonymous requests, where nothing was needed", async () => {
    const found = await demand(OPEN, FOREIGN_CHALLENGE, false);
    expect(found).toMatchObject({ scheme: FOREIGN, hasChanged: true, remembered: FOREIGN });
  });
});

describe("[33a] a token service", () => {
  const LOOPBACK = { url: new URL("http://127.0.0.1:5000"), tokenHost: "127.0.0.1:5000" };

  test.each([
    ["https://auth.docker.io/token?x=y", {}, true, true],
    ["https://hub.docker.com/token", {}, false, true],
    ["https://registry-1.docker.io/token", {}, true, true],
    ["https://auth.docker.io:8443/token", {}, false, true],
    ["https://evildocker.io/token", {}, false, true],
    ["https://auth.docker.io.evil.com/token", {}, false, true],
    ["https://auth.docker.io@evil.com/token", {}, false, false],
    ["http://auth.docker.io/token", {}, false, false],
    ["https://169.254.169.254/token", {}, false, false],
    ["http://localhost:5001/token", {}, false, false],
    ["/token", {}, false, false],
    ["", {}, false, false],
    ["http://localhost:5001/token", LOOPBACK, true, true],
    ["https://auth.docker.io/token", LOOPBACK, false, true],
  ])(
    "%s for %j receives the account: %s, an anonymous request: %s",
    (realm, fields, ...expected) => {
      const allowed = [ACCOUNT, null].map((account) => {
        const { upstream } = createUpstream(() => answer(200), { ...fields, account });
        return tokenServiceUrl(realm, upstream)?.href === realm;
      });
      expect(allowed).toEqual(expected);
    },
  );
});
