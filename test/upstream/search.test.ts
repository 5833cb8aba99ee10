import { expect, test } from "vitest";
import { searchImages } from "../../src/upstream/search.ts";
import { ACCOUNT, answer, createUpstream, errorOf, linesOf, type Respond } from "./network.ts";

const ORIGIN = new URL("https://index.docker.io");
const RESULT = {
  name: "nginx",
  description: "Web server",
  star_count: 3,
  is_official: true,
  is_automated: false,
};

function search(respond: Respond, text = "web server&n=100#x", limit = 2) {
  const created = createUpstream(respond, { account: ACCOUNT, token: "cached" });
  return { ...created, result: searchImages(created.upstream, ORIGIN, { text, limit }) };
}

test("a search is one encoded request without any credential", async () => {
  const { result, requests } = search(() => Response.json({ results: [RESULT] }));
  expect(await result).toEqual([RESULT]);
  expect(linesOf(requests)).toEqual([
    "GET https://index.docker.io/v1/search?q=web+server%26n%3D100%23x&n=2",
  ]);
  expect(requests[0]?.headers.has("authorization")).toBe(false);
});

test("results are limited to the requested number", async () => {
  const { result } = search(() => Response.json({ results: [RESULT, RESULT, RESULT] }));
  expect((await result).length).toBe(2);
});

test("only known fields of the right type are passed on", async () => {
  const hostile = { ...RESULT, description: {}, star_count: "3", is_official: 1, x: "y" };
  const long = { ...RESULT, description: "x".repeat(301), star_count: 1.5, is_automated: true };
  const unusable = [null, 1, "nginx", {}, { ...RESULT, name: "" }, { ...RESULT, name: 1 }];
  const { result } = search(() => Response.json({ results: [...unusable, hostile, long] }));
  expect(await result).toEqual([
    { ...RESULT, description: "", star_count: 0, is_official: false },
    { ...RESULT, description: "x".repeat(300), star_count: 0, is_automated: true },
  ]);
});

test.each([
  "<html>",
  "{}",
  '{"results":{}}',
  JSON.stringify({ results: ["x".repeat(1024 * 1024)] }),
])("an unreadable response is an error: %#", async (body) => {
  expect((await errorOf(search(() => answer(200, {}, body)).result)).message).toBe(
    "index.docker.io returned unreadable results; try again",
  );
});

test.each([
  [429, { code: "TOOMANYREQUESTS", retryAfterSeconds: 7, isTransient: true }],
  [302, { code: "UNAVAILABLE", isTransient: true }],
  [404, { code: "UNAVAILABLE", isTransient: true }],
  [500, { code: "UNAVAILABLE", isTransient: true }],
])("status %i is an error after one request", async (status, expected) => {
  const { result, requests } = search(() => answer(status, { "retry-after": "7", location: "/" }));
  expect(await errorOf(result)).toMatchObject(expected);
  expect(requests.length).toBe(1);
});
