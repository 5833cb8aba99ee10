import { describe, expect, test } from "vitest";
import { getBlob, getBlobSize } from "../../src/upstream/blob.ts";
import {
  answer,
  createUpstream,
  DIGEST,
  endless,
  errorOf,
  inOrder,
  linesOf,
  NAME,
  type Respond,
  redirect,
  textOf,
  withTokens,
} from "./network.ts";

const REQUEST = { name: NAME, digest: DIGEST };
const BLOB = `https://registry-1.docker.io/v2/library/busybox/blobs/${DIGEST}`;
const CDN = "https://cdn.example/x?sig=secret";
const moved = () => redirect(CDN);
const whole = () => answer(200, { "content-length": "3" }, "abc");
const sized = (length: number) => answer(200, { "content-length": String(length) });
const part = (contentRange: string, headers = {}) =>
  answer(206, { "content-range": contentRange, ...headers }, "abc");

function get(respond: Respond, range: string | null = null) {
  const created = createUpstream(respond);
  return { ...created, result: getBlob(created.upstream, REQUEST, range) };
}

function size(respond: Respond) {
  const created = createUpstream(respond);
  return { ...created, result: getBlobSize(created.upstream, REQUEST) };
}

const methodsOf = ({ requests }: ReturnType<typeof get>) => requests.map(({ method }) => method);

describe("a blob", () => {
  test("is streamed as stored, from where the registry redirects", async () => {
    const { result, requests } = get(inOrder(moved(), whole()));
    const { body, ...rest } = await result;
    expect(rest).toEqual({
      status: 200,
      length: 3,
      isLengthEnforced: true,
      range: null,
      multipartType: null,
    });
    expect(await new Response(body).text()).toBe("abc");
    expect(linesOf(requests)).toEqual([`GET ${BLOB}`, `GET ${CDN}`]);
    for (const { init, headers } of requests) {
      expect(init).toMatchObject({ encodeResponseBody: "manual" });
      expect(headers.has("range")).toBe(false);
    }
  });

  test("has the length of its stored bytes, whatever their encoding", async () => {
    const headers = { "content-length": "3", "content-encoding": "gzip" };
    expect((await get(() => answer(200, headers, "abc")).result).length).toBe(3);
  });

  test("without a length gets it by HEAD, and the response does not enforce it", async () => {
    const blob = get(inOrder(answer(200, {}, "abc"), sized(3)));
    expect(await blob.result).toMatchObject({ length: 3, isLengthEnforced: false });
    expect(methodsOf(blob)).toEqual(["GET", "HEAD"]);
  });

  test("is streamed without a length if nothing reports it", async () => {
    const { length, body } = await get(inOrder(answer(200, {}, "abc"), answer(404))).result;
    expect([length, await new Response(body).text()]).toEqual([null, "abc"]);
  });

  test.each([
    [404, "BLOB_UNKNOWN"],
    [401, "NAME_UNKNOWN"],
    [403, "DENIED"],
    [429, "TOOMANYREQUESTS"],
    [500, "UNAVAILABLE"],
    [206, "UNAVAILABLE"],
    [416, "UNAVAILABLE"],
  ])("with status %i from the registry fails at once as %s", async (status, code) => {
    const { result, requests } = get(() => answer(status));
    expect((await errorOf(result)).code).toBe(code);
    expect(linesOf(requests).filter((line) => line === `GET ${BLOB}`).length).toBe(1);
  });
});

describe("a storage that refuses a blob with 403", () => {
  test.each([CDN, "/artifacts-downloads/x?sig=secret"])(
    "is requested by a new redirect: %s",
    async (location) => {
      const refused = () => redirect(location);
      const { result, requests } = get(inOrder(refused(), answer(403), refused(), whole()));
      expect((await result).status).toBe(200);
      expect(requests.length).toBe(4);
    },
  );

  test("a second time fails, and the error does not contain the signed URL", async () => {
    const { result, requests } = get(inOrder(moved(), answer(403), moved(), answer(403), moved()));
    const error = await errorOf(result);
    expect(error).toMatchObject({ code: "UNAVAILABLE", status: 502 });
    expect(error.message).toContain("the upstream's storage at cdn.example refused");
    expect(textOf(error)).not.toContain("secret");
    expect(requests.length).toBe(4);
  });
});

test.each([
  ["a blob", "GET", null, [401, 400]],
  ["one range", "GET", "bytes=0-1", [401, 400]],
  ["several ranges", "GET", "bytes=0-1,3-4", [401]],
  ["the size", "HEAD", null, []],
] as const)("a request for %s renews its token after %j", async (_, method, range, expected) => {
  const renewed: number[] = [];
  for (const status of [401, 400]) {
    const { upstream, requests } = createUpstream(
      withTokens(() => answer(status)),
      { token: "cached" },
    );
    const request =
      method === "GET" ? getBlob(upstream, REQUEST, range) : getBlobSize(upstream, REQUEST);
    await errorOf(request);
    const [, second] = requests;
    if (second?.url.startsWith("https://auth.docker.io/")) renewed.push(status);
  }
  expect(renewed).toEqual(expected);
});

describe("a range", () => {
  test("is requested from the storage too, and its part is known", async () => {
    const { result, requests } = get(
      inOrder(moved(), part("bytes 5-7/100", { "content-length": "3" })),
      "bytes=5-7",
    );
    expect(await result).toMatchObject({
      status: 206,
      length: 3,
      isLengthEnforced: true,
      range: { first: 5, last: 7, total: 100 },
    });
    expect(requests.map(({ headers }) => headers.get("range"))).toEqual(["bytes=5-7", "bytes=5-7"]);
  });

  test("may be answered with the whole blob", async () => {
    expect(await get(whole, "bytes=0-1").result).toMatchObject({ status: 200, range: null });
  });

  test("may be answered with a shorter part, or without a length", async () => {
    const { range, length, isLengthEnforced } = await get(() => part("bytes 0-9/99"), "bytes=0-19")
      .result;
    expect(range).toEqual({ first: 0, last: 9, total: 99 });
    expect([length, isLengthEnforced]).toEqual([10, false]);
  });

  test("without a total gets it by HEAD", async () => {
    const blob = get(inOrder(part("bytes 5-7/*"), sized(100)), "bytes=5-7");
    expect((await blob.result).range).toEqual({ first: 5, last: 7, total: 100 });
    expect(methodsOf(blob)).toEqual(["GET", "HEAD"]);
  });

  test("of several parts keeps the storage's own type", async () => {
    const contentType = "multipart/byteranges; boundary=x";
    const respond = () => answer(206, { "content-type": contentType }, "abc");
    const expected = { status: 206, range: null, multipartType: contentType };
    expect(await get(respond, "bytes=0-0,2-2").result).toMatchObject(expected);
  });

  test.each([
    ["without its part", {}],
    ["with an unreadable part", { "content-range": "bytes lots" }],
    ["that begins elsewhere", { "content-range": "bytes 200-299/1000" }],
    ["that ends later", { "content-range": "bytes 0-100/1000" }],
    ["of another length", { "content-range": "bytes 0-2/100", "content-length": "4" }],
    ["whose total is not available", { "content-range": "bytes 0-2/*" }],
  ])("is refused %s, and the body released", async (_, headers) => {
    const { state, response } = endless(206, headers);
    const { result } = get(inOrder(response, answer(503)), "bytes=0-99");
    expect(await errorOf(result)).toMatchObject({ code: "UNAVAILABLE", status: 502 });
    expect(state.cancelled).toBe(1);
  });

  test.each([
    ["from its 416", () => answer(416, { "content-range": "bytes */100" })],
    ["by HEAD", inOrder(answer(416), sized(100))],
  ])("that cannot be satisfied reports the length, %s", async (_, respond) => {
    expect(await errorOf(get(respond, "bytes=200-").result)).toMatchObject({
      code: "RANGE_INVALID",
      status: 416,
      headers: { "content-range": "bytes */100" },
    });
  });

  test.each([
    ["bytes=0-0,2-2", "RANGE_INVALID", 400],
    ["bytes=0-0", "UNAVAILABLE", 502],
  ])("refused by the storage with 400: %s is %s", async (range, code, status) => {
    const { result } = get(inOrder(moved(), answer(400)), range);
    expect(await errorOf(result)).toMatchObject({ code, status });
  });
});

describe("the size of a blob", () => {
  test.each([100, 0])("is the length that HEAD reports: %i", async (length) => {
    const blob = size(inOrder(moved(), sized(length)));
    expect(await blob.result).toBe(length);
    expect(blob.requests.map(({ method }) => method)).toEqual(["HEAD", "HEAD"]);
  });

  test.each([
    ["refused", answer(403)],
    ["not supported", answer(405)],
    ["not implemented", answer(501)],
    ["without a length", answer(200)],
  ])("is read from a GET of one byte if HEAD is %s", async (_, response) => {
    const { result, requests } = size(inOrder(moved(), response, moved(), part("bytes 0-0/100")));
    expect(await result).toBe(100);
    expect(requests.map(({ method }) => method)).toEqual(["HEAD", "HEAD", "GET", "GET"]);
    expect(requests.at(-1)?.headers.get("range")).toBe("bytes=0-0");
  });

  test.each([
    ["a 200 with a length", sized(100), 100],
    ["a 416 with a total", answer(416, { "content-range": "bytes */0" }), 0],
    ["a 416 without a total, which only an empty blob has", answer(416), 0],
  ])("is read from %s", async (_, response, expected) => {
    expect(await size(inOrder(answer(405), response)).result).toBe(expected);
  });

  test("that nothing reports is an error", async () => {
    const { result } = size(inOrder(answer(200), answer(200, {}, "x")));
    const error = await errorOf(result);
    expect(error.code).toBe("UNAVAILABLE");
    expect(error.message).toContain("the upstream does not report the size of this blob");
  });

  test.each([
    [404, "BLOB_UNKNOWN"],
    [429, "TOOMANYREQUESTS"],
    [500, "UNAVAILABLE"],
  ])("with status %i fails at once as %s", async (status, code) => {
    const { result, requests } = size(() => answer(status));
    expect((await errorOf(result)).code).toBe(code);
    expect(requests.length).toBe(1);
  });
});
