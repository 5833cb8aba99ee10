import { describe, expect, it } from "vitest";
import { createOdd, ODD } from "../support/quirks/odd.ts";
import { redirect } from "../support/quirks/plain.ts";
import { OCI_MANIFEST } from "./support/images.ts";
import { BY_DIGEST, SCOPE, stockOf, TAG, useWorlds } from "./support/worlds.ts";

const createWorld = useWorlds();
const BASIC = "Basic c2FtcGFuOmh1bnRlcjI=";
const ACCOUNT = {
  UPSTREAM_USERNAME: "sampan",
  UPSTREAM_PASSWORD: "hunter2",
  PRIVATE_IMAGES: "public-only-account",
};

describe("a realm", () => {
  it.each([
    [
      "a path",
      'realm="https://registry.example/token/v2/",service="s"',
      `/token/v2/?service=s&${SCOPE}`,
    ],
    [
      "a query of its own",
      'realm="https://registry.example/token?tenant=a%2Fb&x=",service="s"',
      `/token?tenant=a/b&x=&service=s&${SCOPE}`,
    ],
    [
      "a service in its query, and another beside it",
      'realm="https://registry.example/token?service=old",service="new"',
      `/token?service=new&${SCOPE}`,
    ],
    ["no service", 'realm="https://registry.example/token"', `/token?${SCOPE}`],
    [
      "an empty service",
      'realm="https://registry.example/token",service=""',
      `/token?service=&${SCOPE}`,
    ],
    ["no quotes", "realm=https://registry.example/token,service=s", `/token?service=s&${SCOPE}`],
    [
      "a scope for something else",
      'realm="https://registry.example/token",scope="repository:user/image:pull,push"',
      `/token?${SCOPE}`,
    ],
    ["a port", 'realm="https://registry.example:443/token"', `/token?${SCOPE}`],
    ["a fragment", 'realm="https://registry.example/token#x"', `/token?${SCOPE}`],
  ])("[28] may have %s", async (_, parameters, asked) => {
    const hosts = createOdd(stockOf(), { challenge: `Bearer ${parameters}` });
    const { mirror, world } = createWorld(ODD, hosts);
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(world.calls()).toEqual([
      `${ODD} GET /v2/`,
      `${ODD} GET ${asked}`,
      `${ODD} HEAD ${TAG}`,
      `${ODD} GET ${BY_DIGEST}`,
    ]);
  });

  it.each([
    ["another host", "https://elsewhere.example/token"],
    ["another host of its domain", "https://auth.registry.example/token"],
    ["another path", "/token/"],
    ["http", "http://registry.example/token"],
  ])("[31] [32] is not followed to %s, with an account or without", async (_, location) => {
    const hosts = createOdd(stockOf(), {
      challenge: 'Bearer realm="https://registry.example/token"',
      answerToken: () => redirect(location),
    });
    const { mirror, world } = createWorld(ODD, hosts, ACCOUNT);
    const answer = await mirror.get(TAG);
    expect([answer.status, answer.error?.message]).toEqual([
      502,
      "owner/app: registry.example redirects to another token service, and nothing was sent there; try again",
    ]);
    const first = [`${ODD} GET /v2/`, `${ODD} GET /token?${SCOPE}`];
    expect(world.calls()).toEqual([...first, `${ODD} GET /v2/`]);
    expect(world.sent("authorization")).toEqual([null, BASIC, null]);
    mirror.reconfigure({ UPSTREAM: `https://${ODD}` });
    expect((await mirror.get(TAG)).status).toBe(502);
    expect(world.calls()).toEqual([`${ODD} GET /token?${SCOPE}`, `${ODD} GET /v2/`]);
  });
});

describe("a refusal", () => {
  it("[29] [35] of a tag that was there is 404, and does not make the mirror forget it", async () => {
    const hosts = createOdd(stockOf(), {
      challenge: 'Bearer realm="https://registry.example/token"',
    });
    const real = hosts[ODD];
    let isWell = true;
    let isThere = true;
    const answer = (request: Request) => {
      if (!isThere) return new Response(null, { status: 503 });
      const isTag = new URL(request.url).pathname === TAG;
      if (isTag && !isWell) return new Response(null, { status: 401 });
      return real?.answer(request) ?? Response.error();
    };
    const moody = { [ODD]: { ...real, answer } };
    const { mirror } = createWorld(ODD, moody, { TAG_TTL_SECONDS: 0 });
    await mirror.get(TAG);
    isWell = false;
    expect((await mirror.get(TAG)).error?.code).toBe("NAME_UNKNOWN");
    isThere = false;
    for (const where of ["here", "elsewhere"] as const) {
      mirror.restart(where);
      const old = await mirror.get(TAG);
      expect([old.status, old.text]).toEqual([200, OCI_MANIFEST.text]);
      expect(old.headers.get("warning")).toMatch(/^299 - "/);
    }
  });
});
