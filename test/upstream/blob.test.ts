import { describe, expect, test } from "vitest";
import { getBlob, getBlobSize } from "../../src/upstream/blob.ts";
import type { Upstream } from "../../src/upstream/upstream.ts";
import {
  ACCOUNT,
  answer,
  createUpstream,
  DIGEST,
  endless,
  errorOf,
  inOrder,
  linesOf,
  NAME,
  REGISTRY,
  type Respond,
  redirect,
  textOf,
  type UpstreamOptions,
  withTokens,
} from "./network.ts";

const REQUEST = { name: NAME, digest: DIGEST };
const BLOB = `https://registry-1.docker.io/v2/library/busybox/blobs/${DIGEST}`;
const CDN = "https://cdn.example/x?sig=secret";
const moved = () => redirect(CDN);
const sized = (length: number) => answer(200, { "content-length": String(length) });

function get(respond: Respond, range: string | null = null) {
  const created = createUpstream(respond);
  return { ...created, result: getBlob(created.upstream, REQUEST, range) };
}

function size(respond: Respond) {
  const created = createUpstream(respond);
  return { ...created, result: getBlobSize(created.upstream, REQUEST) };
}

test("a blob is streamed as stored and encoded, from where the registry redirects", async () => {
  const stored = answer(200, { "content-length": "3", "content-encoding": "x" }, "abc");
  const { result, requests } = get(inOrder(moved(), stored));
  const { body, ...rest } = await result;
  const whole = { range: null, multipartType: null };
  expect(rest).toEqual({ status: 200, length: 3, isLengthEnforced: true, ...whole });
  expect(await new Response(body).text()).toBe("abc");
  expect(linesOf(requests)).toEqual([`GET ${BLOB}`, `GET ${CDN}`]);
  for (const { init, headers } of requests) {
    expect(init).toMatchObject({ encodeResponseBody: "manual" });
    expect(headers.has("range")).toBe(false);
  }
});

test("a storage that refuses twice fails the blob, and the error has no signed URL", async () => {
  const { result, requests } = get(inOrder(moved(), answer(403), moved(), answer(403), moved()));
  const error = await errorOf(result);
  expect(error).toMatchObject({ code: "UNAVAILABLE", status: 502 });
  expect(error.message).toContain("the upstream's storage at cdn.example refused");
  expect(textOf(error)).not.toContain("secret");
  expect(requests.length).toBe(4);
});

test.each([
  [403, "DENIED"],
  [404, "BLOB_UNKNOWN"],
  [206, "UNAVAILABLE"],
  [416, "UNAVAILABLE"],
])("status %i of the registry for a whole blob fails at once as %s", async (status, code) => {
  const { result, requests } = get(() => answer(status));
  expect((await errorOf(result)).code).toBe(code);
  expect(requests.length).toBe(1);
});

test.each([
  ["a blob", "GET", null, [401, 400]],
  ["one range", "GET", "bytes=0-1", [401, 400]],
  ["several ranges", "GET", "bytes=0-1,3-4", [401]],
  ["the size", "HEAD", null, []],
] as const)("a request for %s renews its token after %j", async (_, method, range, expected) => {
  const renewed: number[] = [];
  for (const status of [401, 400]) {
    const refuse = withTokens(() => answer(status));
    const { upstream, requests } = createUpstream(refuse, { token: "cached" });
    const isGet = method === "GET";
    await errorOf(isGet ? getBlob(upstream, REQUEST, range) : getBlobSize(upstream, REQUEST));
    if (requests[1]?.url.startsWith("https://auth.docker.io/")) renewed.push(status);
  }
  expect(renewed).toEqual(expected);
});

test.each([
  [{ "content-range": "bytes 5-7/100", "content-length": "3" }, 3, true],
  [{ "content-range": "bytes 5-7/100" }, 3, false],
  [{ "content-range": "bytes 5-6/100" }, 2, false],
  [{ "content-range": "bytes 5-7/*" }, 3, false],
])("a range may be answered with %j", async (headers, length, isLengthEnforced) => {
  const part = answer(206, headers as Record<string, string>, "abc".slice(0, length));
  const { result, requests } = get(inOrder(moved(), part, sized(100)), "bytes=5-7");
  const range = { first: 5, last: 4 + length, total: 100 };
  expect(await result).toMatchObject({ status: 206, range, length, isLengthEnforced });
  const [first, second] = requests.map((request) => request.headers.get("range"));
  expect([first, second]).toEqual(["bytes=5-7", "bytes=5-7"]);
});

test.each([
  ["no part", {}],
  ["an unreadable part", { "content-range": "bytes lots" }],
  ["a part that begins elsewhere", { "content-range": "bytes 200-299/1000" }],
  ["a part that ends later", { "content-range": "bytes 0-100/1000" }],
  ["another length", { "content-range": "bytes 0-2/100", "content-length": "4" }],
  ["a total that is not available", { "content-range": "bytes 0-2/*" }],
])("a response to a range with %s is refused and released", async (_, headers) => {
  const { state, response } = endless(206, headers);
  const { result } = get(inOrder(response, answer(503)), "bytes=0-99");
  expect(await errorOf(result)).toMatchObject({ code: "UNAVAILABLE", status: 502 });
  expect(state.cancelled).toBe(1);
});

test.each([
  ["bytes=0-0,2-2", "RANGE_INVALID", 400],
  ["bytes=0-0", "UNAVAILABLE", 502],
])("a storage that refuses %s with 400 is %s", async (range, code, status) => {
  const { result } = get(inOrder(moved(), answer(400)), range);
  expect(await errorOf(result)).toMatchObject({ code, status });
});

test("the size is requested from the storage by HEAD, and then by a GET of one byte", async () => {
  const part = answer(206, { "content-range": "bytes 0-0/100" }, "x");
  const { result, requests } = size(inOrder(moved(), answer(403), moved(), part));
  expect(await result).toBe(100);
  expect(requests.map(({ method }) => method)).toEqual(["HEAD", "HEAD", "GET", "GET"]);
  expect(requests.at(-1)?.headers.get("range")).toBe("bytes=0-0");
});

test.each([
  ["the length of HEAD", [sized(0)], 0],
  ["a 200 with a length", [answer(405), sized(100)], 100],
  ["a 416 with a total", [answer(501), answer(416, { "content-range": "bytes */7" })], 7],
  ["a 416 without a total, which an empty blob has", [answer(200), answer(416)], 0],
])("the size is read from %s", async (_, answers, expected) => {
  expect(await size(inOrder(...answers)).result).toBe(expected);
});

test("a size that nothing reports is an error", async () => {
  const error = await errorOf(size(inOrder(answer(200), answer(200, {}, "x"))).result);
  expect(error.code).toBe("UNAVAILABLE");
  expect(error.message).toContain("the upstream does not report the size of this blob");
});

test.each([
  [404, "BLOB_UNKNOWN"],
  [429, "TOOMANYREQUESTS"],
  [500, "UNAVAILABLE"],
])("status %i for the size fails at once as %s", async (status, code) => {
  const { result, requests } = size(() => answer(status));
  expect((await errorOf(result)).code).toBe(code);
  expect(requests.length).toBe(1);
});

describe("the signed URL of a blob", () => {
  const part = () => answer(206, { "content-range": "bytes 0-0/100", "content-length": "1" }, "x");

  function createStorage(stored: Respond, options: UpstreamOptions = {}) {
    const respond: Respond = (request) =>
      request.url.startsWith(REGISTRY) ? moved() : stored(request);
    const created = createUpstream(respond, options);
    const fetchAs = async (changes: Partial<Upstream> = {}) => {
      created.requests.length = 0;
      await getBlob({ ...created.upstream, ...changes }, REQUEST, "bytes=0-0").catch(() => {});
      return new URL(created.requests[0]?.url ?? "").host;
    };
    return { fetchAs };
  }

  test.each<[string, Partial<Upstream>, string]>([
    ["the same one", {}, "cdn.example"],
    ["another account", { account: ACCOUNT }, "registry-1.docker.io"],
    ["a client's own login", { clientToken: "own" }, "registry-1.docker.io"],
    ["another registry", { url: new URL("https://ghcr.io"), id: "ghcr.io" }, "ghcr.io"],
  ])("that one upstream redirected to is asked first for %s: %#", async (_, changes, host) => {
    const { fetchAs } = createStorage(part);
    await fetchAs();
    expect(await fetchAs(changes)).toBe(host);
  });

  test("is not remembered if the storage refuses it, or for a client's own login", async () => {
    const refusing = createStorage(() => answer(403));
    const own = createStorage(part, { clientToken: "own" });
    for (const { fetchAs } of [refusing, own]) {
      await fetchAs();
      expect(await fetchAs()).toBe("registry-1.docker.io");
    }
  });
});
