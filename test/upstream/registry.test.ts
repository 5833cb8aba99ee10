import { describe, expect, test } from "vitest";
import { fetchFromRegistry, type RegistryRequest } from "../../src/upstream/registry.ts";
import {
  ACCOUNT,
  answer,
  BEARER,
  CHALLENGE,
  createUpstream,
  endless,
  errorOf,
  inOrder,
  NAME,
  REGISTRY,
  type Respond,
  redirect,
  textOf,
  type UpstreamOptions,
  withTokens,
} from "./network.ts";

const HEADERS = { range: "bytes=0-0" };
const REQUEST = { name: NAME, path: "blobs/x", method: "GET", headers: HEADERS } as const;
const BLOB = `${REGISTRY}/v2/library/busybox/blobs/x`;
const CDN = "https://cdn.example/x?sig=secret";

/** A registry with a cached token, and the requests to everything but its token service. */
function send(
  respond: Respond,
  options: UpstreamOptions = { token: "cached" },
  request: Partial<RegistryRequest> = {},
) {
  const created = createUpstream(withTokens(respond), options);
  const result = fetchFromRegistry(created.upstream, { ...REQUEST, ...request });
  const sent = () =>
    created.requests
      .filter(({ url }) => !url.startsWith("https://auth.docker.io/"))
      .map(({ url, headers }) => [url, headers.get("authorization")]);
  const tokenRequests = () => created.requests.length - sent().length;
  return { ...created, result, sent, tokenRequests };
}

describe("a request", () => {
  test("has the credential and its own headers", async () => {
    const { result, sent, requests } = send(() => answer(200));
    expect(await result).toMatchObject({ isRegistry: true, response: { status: 200 } });
    expect(sent()).toEqual([[BLOB, "Bearer cached"]]);
    expect(requests[0]?.headers.get("range")).toBe("bytes=0-0");
  });

  test.each([200, 206, 300, 304, 305, 403, 404, 416, 429, 500])(
    "is sent once if the registry answers %i",
    async (status) => {
      const { result, requests } = send(() => answer(status));
      expect(await result).toMatchObject({ isRegistry: true, response: { status } });
      expect(requests.length).toBe(1);
    },
  );

  test("is not sent without the credential that it needs", async () => {
    const { upstream, requests } = createUpstream(() => answer(500), { scheme: BEARER });
    expect((await errorOf(fetchFromRegistry(upstream, REQUEST))).code).toBe("UNAVAILABLE");
    expect(requests.map(({ url }) => url)).not.toContain(BLOB);
  });
});

describe("a redirect to a storage", () => {
  test.each([
    [301, CDN],
    [302, CDN],
    [303, CDN],
    [307, CDN],
    [308, CDN],
    [307, `${REGISTRY}:8443/x`],
    [307, "https://cdn.docker.io/x"],
    [307, "https://registry-1.docker.io.cdn.example/x"],
  ])("with %i is followed without the credential: %s", async (status, location) => {
    const { state, response } = endless(status, { location });
    const { result, sent, requests } = send(inOrder(response, answer(200)));
    expect(await result).toMatchObject({ isRegistry: false, response: { status: 200 } });
    expect(sent()[1]).toEqual([location, null]);
    expect(requests[1]?.headers.get("range")).toBe("bytes=0-0");
    expect(state.cancelled).toBe(1);
  });

  test("on the registry's own host keeps the credential, and so does the way back", async () => {
    const hops = ["../y", "https://cdn.example/x", "/z", `${REGISTRY}/w`].map((to) => redirect(to));
    const { result, sent } = send(inOrder(...hops, answer(200)));
    expect(await result).toMatchObject({ isRegistry: false });
    expect(sent().slice(1)).toEqual([
      [`${REGISTRY}/v2/library/busybox/y`, "Bearer cached"],
      ["https://cdn.example/x", null],
      ["https://cdn.example/z", null],
      [`${REGISTRY}/w`, "Bearer cached"],
    ]);
  });

  test.each([401, 400])("that answers %i needs no other credential", async (status) => {
    const refusal = answer(status, { "www-authenticate": CHALLENGE });
    const { result, requests } = send(inOrder(redirect(CDN), refusal));
    expect(await result).toMatchObject({ isRegistry: false, response: { status } });
    expect(requests.length).toBe(2);
  });
});

describe("redirects", () => {
  test("are followed five times, but not six", async () => {
    const hops = Array.from({ length: 5 }, (_, hop) => redirect(`https://cdn.example/${hop}`));
    expect((await send(inOrder(...hops, answer(200))).result).response.status).toBe(200);
    const { result, requests } = send(() => redirect("https://cdn.example/x"));
    expect((await errorOf(result)).message).toBe(
      "cdn.example redirected more than 5 times; nothing was fetched",
    );
    expect(requests.length).toBe(6);
  });

  test.each([
    "http://cdn.example/x?sig=secret",
    "http://registry-1.docker.io/x",
    "https://10.0.0.1/secret",
    "data:text/plain,secret",
    "https://:secret@registry-1.docker.io/x",
    "https://",
    "https://cdn.example:99999/x",
    null,
  ])("are not followed to %s, which the error does not contain", async (location) => {
    const { result, requests } = send(() => answer(302, location === null ? {} : { location }));
    const error = await errorOf(result);
    expect(error).toMatchObject({ code: "UNAVAILABLE", status: 502 });
    expect(error.message).toMatch(/^registry-1\.docker\.io redirected .*; nothing was fetched$/);
    expect(textOf(error)).not.toMatch(/secret|cdn\.example/);
    expect(requests.length).toBe(1);
  });
});

describe("a redirect to another registry", () => {
  const OTHER = "https://ghcr.io/v2/owner/app/blobs/x";
  const OTHER_CHALLENGE = { "www-authenticate": 'Bearer realm="https://ghcr.io/token"' };
  const OTHER_TOKEN = "https://ghcr.io/token?scope=repository%3Aowner%2Fapp%3Apull";

  test("is followed with an anonymous token for the repository there", async () => {
    const respond = inOrder(
      redirect(OTHER),
      answer(401, OTHER_CHALLENGE),
      Response.json({ token: "other" }),
      answer(200),
    );
    const { result, sent, persisted } = send(respond, { token: "cached", account: ACCOUNT });
    expect(await result).toMatchObject({ isRegistry: true, response: { status: 200 } });
    expect(sent()).toEqual([
      [BLOB, "Bearer cached"],
      [OTHER, null],
      [OTHER_TOKEN, null],
      [OTHER, "Bearer other"],
    ]);
    expect(persisted).toEqual(["cached", "other"]);
  });

  test("never takes a client's own token along", async () => {
    const { result, sent } = send(inOrder(redirect(OTHER), answer(200)), { clientToken: "own" });
    await result;
    expect(sent()).toEqual([
      [BLOB, "Bearer own"],
      [OTHER, null],
    ]);
  });

  test.each(["https://ghcr.io/v2/", "https://ghcr.io/x/v2/owner/app/blobs/x"])(
    "is recognised by its path, so %s is a storage",
    async (location) => {
      const { result, sent } = send(inOrder(redirect(location), answer(401, OTHER_CHALLENGE)));
      expect(await result).toMatchObject({ isRegistry: false, response: { status: 401 } });
      expect(sent()).toEqual([
        [BLOB, "Bearer cached"],
        [location, null],
      ]);
    },
  );
});

describe("a refused credential", () => {
  test.each([401, 400])("with %i is renewed once", async (status) => {
    const { state, response } = endless(status, { "www-authenticate": CHALLENGE });
    const { result, sent, tokenRequests } = send(inOrder(response, answer(200)));
    expect(await result).toMatchObject({ response: { status: 200 } });
    expect(sent()).toEqual([
      [BLOB, "Bearer cached"],
      [BLOB, "Bearer fresh"],
    ]);
    expect([tokenRequests(), state.cancelled]).toEqual([1, 1]);
  });

  test("is not renewed a second time", async () => {
    const { result, sent, tokenRequests } = send(() => answer(401));
    expect(await result).toMatchObject({ response: { status: 401 } });
    expect([sent().length, tokenRequests()]).toEqual([2, 1]);
  });

  test("leads to the error of its renewal, and the response is released", async () => {
    const { state, response } = endless(401);
    const { upstream } = createUpstream(inOrder(response, answer(429)), { token: "cached" });
    const error = await errorOf(fetchFromRegistry(upstream, REQUEST));
    expect([error.code, state.cancelled]).toEqual(["TOOMANYREQUESTS", 1]);
  });

  test.each([
    ["a fresh token", 400, { scheme: BEARER }, {}],
    ["no token", 400, { scheme: { kind: "open" } }, {}],
    ["a client's own token", 401, { clientToken: "own" }, {}],
    ["a request that repeats no 400", 400, { token: "cached" }, { refusals: [401] }],
    ["a request that repeats nothing", 401, { token: "cached" }, { refusals: [] }],
  ] as const)("is not the reason for %s with %i", async (_, status, options, request) => {
    const { result, sent } = send(() => answer(status), options, request);
    expect(await result).toMatchObject({ response: { status } });
    expect(sent().length).toBe(1);
  });
});

test.each([
  [[200], ["cached"]],
  [[307, 404], ["cached"]],
  [[404], []],
  [[429], []],
  [[500], []],
  [[401, 200], ["fresh"]],
  [[401, 404], []],
])("a token that was answered with %j is kept for others: %j", async (statuses, expected) => {
  const answers = statuses.map((status) => answer(status, { location: CDN }));
  const { result, persisted } = send(inOrder(...answers));
  await result;
  expect(persisted).toEqual(expected);
});

describe("the rate limit", () => {
  const limits = (remaining: string) => ({
    "ratelimit-limit": "100;w=21600",
    "ratelimit-remaining": remaining,
  });

  test("of the registry's last response is recorded, with the quota", async () => {
    const { upstream, result } = send(inOrder(answer(200, limits("99;w=21600")), answer(200)));
    await result;
    await fetchFromRegistry(upstream, REQUEST);
    expect(upstream.usage.rateLimit).toEqual({ limit: "100;w=21600", remaining: "99;w=21600" });
    expect(upstream.usage.quota).toMatchObject({ limit: 100, remaining: 99 });
  });

  test("of a 429 is no quota, since it may be that of one request", async () => {
    const { upstream, result } = send(() => answer(429, limits("0;w=21600")));
    await result;
    expect(upstream.usage.rateLimit?.remaining).toBe("0;w=21600");
    expect(upstream.usage.quota).toBeNull();
  });

  test.each([CDN, "https://ghcr.io/v2/owner/app/blobs/x"])(
    "of another host is ignored: %s",
    async (location) => {
      const { upstream, result } = send(
        inOrder(redirect(location), answer(200, limits("1;w=21600"))),
      );
      await result;
      expect([upstream.usage.rateLimit, upstream.usage.quota]).toEqual([null, null]);
    },
  );
});
