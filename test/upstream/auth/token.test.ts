import { describe, expect, test } from "vitest";
import {
  type BearerScheme,
  checkBasicAccount,
  requestToken,
} from "../../../src/upstream/auth/token.ts";
import {
  ACCOUNT,
  answer,
  BASIC,
  BEARER,
  createUpstream,
  errorOf,
  inOrder,
  linesOf,
  NAME,
  NOW,
  type Respond,
  textOf,
} from "../network.ts";

const SCOPE = "scope=repository%3Alibrary%2Fbusybox%3Apull";
const reply = () => Response.json({ token: "t", expires_in: 300 });

function request(
  respond: Respond,
  scheme: Partial<BearerScheme> = {},
  account: typeof ACCOUNT | null = ACCOUNT,
) {
  const created = createUpstream(respond, { account });
  const result = requestToken(created.upstream, { ...BEARER, ...scheme }, [NAME]);
  const queries = () => created.requests.map(({ url }) => url.split("?")[1]);
  return { ...created, result, queries };
}

describe("a token", () => {
  test("is requested with the account, to pull from one repository", async () => {
    const { result, requests } = request(reply);
    expect(await result).toEqual({ value: "t", expiresAt: NOW + 290_000 });
    expect(linesOf(requests)).toEqual([
      `GET https://auth.docker.io/token?service=registry.docker.io&${SCOPE}`,
    ]);
    expect(requests[0]?.headers.get("authorization")).toBe(BASIC);
  });

  test("is requested anonymously without an account, from any public host", async () => {
    const { result, requests } = request(reply, { realm: "https://tokens.example/token" }, null);
    expect((await result).value).toBe("t");
    expect(requests[0]?.headers.has("authorization")).toBe(false);
  });

  test.each([
    [{ realm: "https://auth.docker.io/token?tenant=a%20b", service: null }, `tenant=a+b&${SCOPE}`],
    [{ realm: "https://auth.docker.io/token?scope=x", service: null }, SCOPE],
    [{ service: "a&scope=b" }, `service=a%26scope%3Db&${SCOPE}`],
  ])("keeps the query of the realm, except its scope: %j", async (scheme, query) => {
    const { result, queries } = request(reply, scheme);
    await result;
    expect(queries()).toEqual([query]);
  });

  test("may be in a response of 64 KB, far above the usual 2 to 5 KB", async () => {
    for (const size of [2_000, 5_000, 65_500]) {
      const value = "a".repeat(size);
      expect((await request(() => Response.json({ token: value })).result).value).toBe(value);
    }
  });

  test.each([
    ["without JSON", "<html>"],
    ["without a token", "{}"],
    ["whose token has a line break", '{"token":"a\\r\\nx: y"}'],
    ["of more than 64 KB", JSON.stringify({ token: "a".repeat(65_536) })],
  ])("is not read from a response %s", async (_, body) => {
    expect(await errorOf(request(() => answer(200, {}, body)).result)).toMatchObject({
      code: "UNAVAILABLE",
      status: 502,
      message: "auth.docker.io answered without a token; try again",
    });
  });
});

test.each([
  ["https://tokens.example/token", ACCOUNT, "realm on tokens.example"],
  ["http://auth.docker.io/token", null, "realm on auth.docker.io"],
  ["", null, "realm on no host"],
])("a token service that must not be used receives nothing: %j", async (realm, account, reason) => {
  const { result, requests } = request(reply, { realm }, account);
  const error = await errorOf(result);
  expect(error).toMatchObject({ code: "UNAVAILABLE", status: 502, isTransient: false, reason });
  expect(error.message).toContain("names a token service that is not trusted");
  expect(error.message.includes("set tokenHost in REGISTRY_ACCOUNTS")).toBe(account !== null);
  expect(requests).toEqual([]);
});

describe("a token service that refuses", () => {
  test.each([
    [401, 1],
    [403, 2],
  ])("the account with %i is reported, and no anonymous token used", async (status, count) => {
    const { result, requests } = request(() => answer(status));
    const error = await errorOf(result);
    expect(error).toMatchObject({
      code: "UNAVAILABLE",
      status: 502,
      isTransient: false,
      reason: "account rejected",
    });
    expect(error.message).toContain("UPSTREAM_USERNAME and UPSTREAM_PASSWORD");
    expect(textOf(error)).not.toMatch(/alice|pass\b|YWxpY2U/);
    expect(requests.map(({ headers }) => headers.get("authorization"))).toEqual(
      Array(count).fill(BASIC),
    );
  });

  test("only one repository with 403 means that the account may not read it", async () => {
    const { result, queries } = request(inOrder(answer(403), reply));
    expect(await errorOf(result)).toMatchObject({
      code: "NAME_UNKNOWN",
      status: 404,
      message: "library/busybox does not exist or is private",
    });
    const service = "service=registry.docker.io";
    expect(queries()).toEqual([`${service}&${SCOPE}`, service]);
  });

  test.each([
    [429, "TOOMANYREQUESTS"],
    [500, "UNAVAILABLE"],
  ])("with 403 and then fails with %i does not prove a wrong account", async (status, code) => {
    const { result } = request(inOrder(answer(403), answer(status)));
    expect(await errorOf(result)).toMatchObject({ code, isTransient: true, reason: null });
  });

  test.each([
    ["an anonymous request", null, 401, { code: "NAME_UNKNOWN", status: 404 }],
    ["an anonymous request", null, 403, { code: "NAME_UNKNOWN", status: 404 }],
    ["a request", ACCOUNT, 429, { code: "TOOMANYREQUESTS", retryAfterSeconds: 5 }],
    ["a request", ACCOUNT, 302, { code: "UNAVAILABLE", isTransient: true }],
    ["a request", ACCOUNT, 404, { code: "UNAVAILABLE", isTransient: true }],
    ["a request", ACCOUNT, 503, { code: "UNAVAILABLE", isTransient: true }],
  ])("%s of %j with %i is an error after one request", async (_, account, status, expected) => {
    const headers = { "retry-after": "5", location: "https://auth.docker.io/other" };
    const { result, requests } = request(() => answer(status, headers), {}, account);
    expect(await errorOf(result)).toMatchObject(expected);
    expect(requests.length).toBe(1);
  });
});

describe("an account for HTTP Basic", () => {
  test("is wrong if `/v2/` refuses it, and the error does not contain it", async () => {
    const { upstream, requests } = createUpstream(() => answer(401));
    const error = await errorOf(checkBasicAccount(upstream, BASIC));
    expect(error).toMatchObject({ status: 502, isTransient: false, reason: "account rejected" });
    expect(textOf(error)).not.toContain("YWxpY2U");
    expect(linesOf(requests)).toEqual(["GET https://registry-1.docker.io/v2/"]);
    expect(requests[0]?.headers.get("authorization")).toBe(BASIC);
  });

  test.each([
    [BASIC, 200, 1],
    [BASIC, 403, 1],
    [BASIC, 500, 1],
    ["Bearer abc", 401, 0],
    [null, 401, 0],
  ])("is not wrong for the header %j and the status %i", async (header, status, count) => {
    const { upstream, requests } = createUpstream(() => answer(status));
    await checkBasicAccount(upstream, header);
    expect(requests.length).toBe(count);
  });
});
