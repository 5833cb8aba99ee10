import { describe, expect, test } from "vitest";
import type { Name } from "../../src/protocol/name.ts";
import { requestToken } from "../../src/upstream/token.ts";
import { type Answer, answer, createUpstream, failureFrom, inTurn, NOW } from "./network.ts";

const NAME = "library/busybox" as Name;
const ACCOUNT = { username: "alice", password: "pass" };
const BASIC = "Basic YWxpY2U6cGFzcw==";
const SCHEME = {
  kind: "bearer",
  realm: "https://auth.docker.io/token",
  service: "registry.docker.io",
} as const;
const reply = () => Response.json({ token: "t", expires_in: 300 });

function request(
  respond: Answer,
  options: {
    readonly realm?: string;
    readonly service?: string | null;
    readonly url?: string;
  } = {},
  account: typeof ACCOUNT | null = ACCOUNT,
) {
  const { url = "https://registry-1.docker.io", ...scheme } = options;
  const created = createUpstream(respond, { url, ...(account ? { account } : {}) });
  return { ...created, result: requestToken(created.upstream, { ...SCHEME, ...scheme }, [NAME]) };
}

describe("a token", () => {
  test("is asked for with the account, for one repository, to pull", async () => {
    const { result, seen } = request(reply);
    expect(await result).toEqual({ value: "t", expiresAt: NOW + 290_000 });
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "GET https://auth.docker.io/token?service=registry.docker.io&scope=repository%3Alibrary%2Fbusybox%3Apull",
    ]);
    expect(seen[0]?.headers.get("authorization")).toBe(BASIC);
  });

  test("is asked for without one if there is none", async () => {
    const { result, seen } = request(reply, {}, null);
    await result;
    expect(seen[0]?.headers.has("authorization")).toBe(false);
  });

  test("of a realm with a query keeps it, and leaves out a service that was not named", async () => {
    const { result, seen } = request(reply, {
      realm: "https://auth.docker.io/token?tenant=a%20b",
      service: null,
    });
    await result;
    expect(new URL(seen[0]?.url ?? "").searchParams.toString()).toBe(
      "tenant=a+b&scope=repository%3Alibrary%2Fbusybox%3Apull",
    );
  });

  test("a service cannot add a parameter of its own", async () => {
    const { result, seen } = request(reply, { service: "a&scope=repository:x:push" });
    await result;
    const query = new URL(seen[0]?.url ?? "").searchParams;
    expect(query.getAll("scope")).toEqual(["repository:library/busybox:pull"]);
  });
});

describe("nothing is sent to a realm", () => {
  test.each([
    ["over http", "http://auth.docker.io/token"],
    ["of somebody else", "https://evil.example/token"],
    ["of somebody whose name ends alike", "https://evildocker.io/token"],
    ["of somebody whose name begins alike", "https://auth.docker.io.evil.com/token"],
    ["behind a user's name", "https://auth.docker.io@evil.com/token"],
    ["on this machine", "https://127.0.0.1/token"],
    ["inside a cloud", "https://169.254.169.254/token"],
    ["that is a path", "/token"],
    ["that is no URL", "auth.docker.io"],
    ["that is a script", "javascript:alert(1)"],
    ["that is empty", ""],
  ])("%s", async (_, realm) => {
    const { result, seen } = request(reply, { realm });
    expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE", status: 502 });
    expect(seen).toEqual([]);
  });

  test("that is public, from a registry on this machine", async () => {
    const { result, seen } = request(reply, { url: "http://127.0.0.1:5000" });
    expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE" });
    expect(seen).toEqual([]);
  });
});

test("a registry on this machine may have its realm there, over http", async () => {
  const { result } = request(reply, {
    url: "http://127.0.0.1:5000",
    realm: "http://127.0.0.1:5001/token",
  });
  expect((await result).value).toBe("t");
});

describe("a token service that refuses", () => {
  test.each([
    [401, 1],
    [403, 2],
  ])("the account with %i is told so, and never left out", async (status, requests) => {
    const { result, seen } = request(() => answer(status));
    const error = await failureFrom(result);
    expect(error).toMatchObject({ code: "UNAVAILABLE", status: 502, isPassing: false });
    expect(error.message).toContain("UPSTREAM_USERNAME");
    expect(JSON.stringify([error, error.message])).not.toMatch(/alice|pass\b|YWxpY2U/);
    expect(seen.length).toBe(requests);
    for (const { headers } of seen) expect(headers.get("authorization")).toBe(BASIC);
  });

  test("the account with 403 for one repository alone means one that it may not read", async () => {
    const { result, seen } = request(inTurn(answer(403), reply));
    expect(await failureFrom(result)).toMatchObject({
      code: "NAME_UNKNOWN",
      status: 404,
      message: "library/busybox does not exist or is private",
    });
    expect(seen.map(({ url }) => url.split("?")[1])).toEqual([
      "service=registry.docker.io&scope=repository%3Alibrary%2Fbusybox%3Apull",
      "service=registry.docker.io",
    ]);
  });

  test.each([
    [429, "TOOMANYREQUESTS"],
    [500, "UNAVAILABLE"],
  ])(
    "the account with 403, and then fails with %i, leaves it open whose fault it is",
    async (status, code) => {
      const { result } = request(inTurn(answer(403), answer(status)));
      expect(await failureFrom(result)).toMatchObject({ code, isPassing: true, reason: null });
    },
  );

  test.each([401, 403])("nobody with %i means a repository that is not there", async (status) => {
    const { result } = request(() => answer(status), {}, null);
    expect(await failureFrom(result)).toMatchObject({ code: "NAME_UNKNOWN", status: 404 });
  });

  test("with 429 is passed on with its time", async () => {
    const { result } = request(() => answer(429, { "retry-after": "5" }));
    expect(await failureFrom(result)).toMatchObject({
      code: "TOOMANYREQUESTS",
      retryAfterSeconds: 5,
    });
  });

  test.each([302, 400, 404, 500, 503])("with %i is unavailable for now", async (status) => {
    const { result, seen } = request(() => answer(status, { location: "https://evil.example/" }));
    expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE", isPassing: true });
    expect(seen.length).toBe(1);
  });
});

test.each([
  ["no JSON", "<html>"],
  ["no token", "{}"],
  ["a token with a line break", '{"token":"a\\r\\nx: y"}'],
  ["more than a token may have", JSON.stringify({ token: "a".repeat(70_000) })],
])("an answer with %s is unusable", async (_, body) => {
  const { result } = request(() => answer(200, {}, body));
  expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE", status: 502 });
});
