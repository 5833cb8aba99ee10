import { describe, expect, test, vi } from "vitest";
import type { Digest } from "../../src/protocol/digest.ts";
import type { Name } from "../../src/protocol/name.ts";
import { getBlob, getBlobSize } from "../../src/upstream/blob.ts";
import { type Answer, answer, createUpstream, failureFrom, inTurn } from "./network.ts";

const DIGEST = `sha256:${"a".repeat(64)}` as Digest;
const QUESTION = { name: "library/busybox" as Name, digest: DIGEST };
const SIZED = { "content-length": "3" };
const moved = () => answer(307, { location: "https://cdn.example/x?sig=secret" });
const part = (headers: Readonly<Record<string, string>>) => answer(206, headers, "abc");

function get(respond: Answer, range: string | null = null) {
  const created = createUpstream(respond);
  return { ...created, result: getBlob(created.upstream, QUESTION, range) };
}

function size(respond: Answer) {
  const created = createUpstream(respond);
  return { ...created, result: getBlobSize(created.upstream, QUESTION) };
}

/** An answer that tells whether its body was let go. */
function watched(status: number, headers: Readonly<Record<string, string>>) {
  const state = { isCancelled: false };
  const cancel = () => {
    state.isCancelled = true;
  };
  return { state, response: answer(status, headers, new ReadableStream({ cancel })) };
}

describe("a blob", () => {
  test("comes from where the registry sends us, as stored, unread", async () => {
    const { result, seen } = get(inTurn(moved(), answer(200, { "content-length": "3" }, "abc")));
    const { status, length, range, multipartType, body } = await result;
    expect([status, length, range, multipartType]).toEqual([200, 3, null, null]);
    expect(await new Response(body).text()).toBe("abc");
    expect(seen.map(({ url }) => url)).toEqual([
      `https://registry-1.docker.io/v2/library/busybox/blobs/${DIGEST}`,
      "https://cdn.example/x?sig=secret",
    ]);
    for (const { init } of seen) expect(init).toMatchObject({ encodeResponseBody: "manual" });
    for (const { headers } of seen) expect(headers.has("range")).toBe(false);
  });

  test("that the storage labels as encoded has the length that is told", async () => {
    const headers = { "content-length": "3", "content-encoding": "gzip" };
    expect((await get(() => answer(200, headers, "abc")).result).length).toBe(3);
  });

  test("without a length has the one that HEAD tells, which the answer does not promise", async () => {
    const { result, seen } = get(inTurn(answer(200, {}, "abc"), answer(200, SIZED)));
    expect(await result).toMatchObject({ length: 3, isPromised: false });
    expect(seen.map(({ init }) => init.method)).toEqual(["GET", "HEAD"]);
    expect(await get(() => answer(200, SIZED, "abc")).result).toMatchObject({ isPromised: true });
  });

  test("without a length has none if nothing tells it", async () => {
    const { result } = get(inTurn(answer(200, {}, "abc"), answer(404)));
    const { length, body } = await result;
    expect([length, await new Response(body).text()]).toEqual([null, "abc"]);
  });

  test.each([
    [404, "BLOB_UNKNOWN"],
    [401, "NAME_UNKNOWN"],
    [403, "DENIED"],
    [500, "UNAVAILABLE"],
    [206, "UNAVAILABLE"],
    [416, "UNAVAILABLE"],
  ])("with %i fails as %s", async (status, code) => {
    expect(await failureFrom(get(() => answer(status)).result)).toMatchObject({ code });
  });
});

describe("a storage that refuses with 403", () => {
  test("is asked by a new redirect, once", async () => {
    const { result, seen } = get(inTurn(moved(), answer(403), moved(), answer(200, SIZED, "abc")));
    expect((await result).status).toBe(200);
    expect(seen.length).toBe(4);
  });

  test("is a storage on the registry's own host too, as gcr.io has one", async () => {
    const own = () => answer(302, { location: "/artifacts-downloads/x?sig=secret" });
    const { result, seen } = get(inTurn(own(), answer(403), own(), answer(200, SIZED, "abc")));
    expect((await result).status).toBe(200);
    expect(seen.length).toBe(4);
  });

  test("twice fails, and no signed URL is told", async () => {
    const { result, seen } = get(inTurn(moved(), answer(403), moved(), answer(403), moved()));
    const error = await failureFrom(result);
    expect(error).toMatchObject({ code: "UNAVAILABLE", status: 502 });
    expect(JSON.stringify([error, error.message])).not.toContain("secret");
    expect(seen.length).toBe(4);
  });

  test("is not the registry, whose 403 counts at once", async () => {
    const { result, seen } = get(() => answer(403));
    expect(await failureFrom(result)).toMatchObject({ code: "DENIED" });
    expect(seen.length).toBe(1);
  });
});

describe("a range", () => {
  test("goes to the storage too, and what comes is told in numbers", async () => {
    const headers = { "content-range": "bytes 5-7/100", "content-length": "3" };
    const { result, seen } = get(inTurn(moved(), part(headers)), "bytes=5-7");
    expect(await result).toMatchObject({
      status: 206,
      length: 3,
      range: { first: 5, last: 7, total: 100 },
    });
    expect(seen.map((request) => request.headers.get("range"))).toEqual(["bytes=5-7", "bytes=5-7"]);
  });

  test("that the storage ignores gives the whole", async () => {
    const { result } = get(() => answer(200, { "content-length": "3" }, "abc"), "bytes=0-1");
    expect(await result).toMatchObject({ status: 200, range: null, length: 3 });
  });

  test("whose total is not told costs a HEAD", async () => {
    const { result, seen } = get(
      inTurn(part({ "content-range": "bytes 5-7/*" }), answer(200, { "content-length": "100" })),
      "bytes=5-7",
    );
    expect((await result).range).toEqual({ first: 5, last: 7, total: 100 });
    expect(seen.map(({ method }) => method)).toEqual(["GET", "HEAD"]);
  });

  test("whose total cannot be had is let go", async () => {
    const cancel = vi.fn();
    const partly = new Response(new ReadableStream({ cancel }), {
      status: 206,
      headers: { "content-range": "bytes 5-7/*" },
    });
    const { result } = get(inTurn(partly, answer(503)), "bytes=5-7");
    expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE" });
    expect(cancel).toHaveBeenCalledOnce();
  });

  test("of several parts keeps the storage's own type", async () => {
    const contentType = "multipart/byteranges; boundary=x";
    const { result } = get(() => part({ "content-type": contentType }), "bytes=0-0,2-2");
    expect(await result).toMatchObject({ status: 206, range: null, multipartType: contentType });
  });

  test.each([
    ["begins elsewhere", "bytes 200-299/1000"],
    ["ends later", "bytes 0-100/1000"],
  ])("that %s fails", async (_, contentRange) => {
    const { result } = get(() => part({ "content-range": contentRange }), "bytes=0-99");
    expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE" });
  });

  test("may be less than was asked for", async () => {
    const { result } = get(() => part({ "content-range": "bytes 0-9/1000" }), "bytes=0-99");
    expect((await result).range).toEqual({ first: 0, last: 9, total: 1000 });
  });

  test("whose part is not told fails", async () => {
    const { result } = get(() => part({ "content-range": "bytes lots" }), "bytes=0-1");
    expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE" });
  });

  test("whose length is not told has the one of the part, which the answer does not promise", async () => {
    const { result } = get(() => part({ "content-range": "bytes 5-7/100" }), "bytes=5-7");
    expect(await result).toMatchObject({ length: 3, isPromised: false });
  });

  test("whose length is not that of the part fails, and lets go of the body", async () => {
    const headers = { "content-range": "bytes 5-7/100", "content-length": "4" };
    const { state, response } = watched(206, headers);
    const error = await failureFrom(get(() => response, "bytes=5-7").result);
    expect(error).toMatchObject({ code: "UNAVAILABLE", status: 502 });
    expect(state.isCancelled).toBe(true);
  });

  test("whose part is not told lets go of the body", async () => {
    const { state, response } = watched(206, {});
    await failureFrom(get(() => response, "bytes=0-1").result);
    expect(state.isCancelled).toBe(true);
  });

  test("that cannot be satisfied tells the length, by a HEAD if it must", async () => {
    const headers = { "content-range": "bytes */100" };
    const told = await failureFrom(get(() => answer(416, headers), "bytes=200-").result);
    expect(told).toMatchObject({ code: "RANGE_INVALID", status: 416, headers });
    const untold = inTurn(answer(416), answer(200, { "content-length": "100" }));
    expect(await failureFrom(get(untold, "bytes=200-").result)).toMatchObject({ headers });
  });

  test("that a storage has no way to answer is 400", async () => {
    const { result } = get(inTurn(moved(), answer(400)), "bytes=0-0,2-2");
    expect(await failureFrom(result)).toMatchObject({ code: "RANGE_INVALID", status: 400 });
  });
});

describe("the size of a blob", () => {
  test("is told by a HEAD", async () => {
    const { result, seen } = size(inTurn(moved(), answer(200, { "content-length": "100" })));
    expect(await result).toBe(100);
    expect(seen.map(({ method }) => method)).toEqual(["HEAD", "HEAD"]);
  });

  test("may be 0", async () => {
    expect(await size(() => answer(200, { "content-length": "0" })).result).toBe(0);
  });

  test.each([
    ["refuses it", answer(403)],
    ["has none", answer(405)],
    ["tells no length", answer(200)],
  ])("is told by a GET of one byte where the storage %s", async (_, refusal) => {
    const range = part({ "content-range": "bytes 0-0/100" });
    const { result, seen } = size(inTurn(moved(), refusal, moved(), range));
    expect(await result).toBe(100);
    expect(seen.map(({ method }) => method)).toEqual(["HEAD", "HEAD", "GET", "GET"]);
    expect(seen.at(-1)?.headers.get("range")).toBe("bytes=0-0");
  });

  test.each([
    ["a 200 with a length", answer(200, { "content-length": "100" }, "x"), 100],
    ["a 416 with a total", answer(416, { "content-range": "bytes */0" }), 0],
    ["a 416 without, which only an empty blob has", answer(416), 0],
  ])("is read from %s", async (_, response, expected) => {
    expect(await size(inTurn(answer(405), response)).result).toBe(expected);
  });

  test("that nobody tells is a failure", async () => {
    const { result } = size(inTurn(answer(200), answer(200, {}, "x")));
    expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE" });
  });

  test.each([
    [404, "BLOB_UNKNOWN"],
    [429, "TOOMANYREQUESTS"],
    [500, "UNAVAILABLE"],
  ])("with %i fails at once as %s", async (status, code) => {
    const { result, seen } = size(() => answer(status));
    expect(await failureFrom(result)).toMatchObject({ code });
    expect(seen.length).toBe(1);
  });
});
