import { expect, test } from "vitest";
import { searchImages } from "../../src/upstream/search.ts";
import { ACCOUNT, answer, createUpstream, errorOf, linesOf, type Respond } from "./network.ts";

const RESULT = { name: "nginx", star_count: 3, is_official: true, is_automated: false };

function search(respond: Respond) {
  const created = createUpstream(respond, { account: ACCOUNT, token: "cached" });
  const request = { text: "web server&n=100#x", limit: 2 };
  const result = searchImages(created.upstream, new URL("https://index.docker.io"), request);
  return { ...created, result };
}

test("a search is one encoded request without any credential", async () => {
  const { result, requests } = search(() => Response.json({ results: [RESULT] }));
  expect(await result).toEqual([{ ...RESULT, description: "" }]);
  expect(linesOf(requests)).toEqual([
    "GET https://index.docker.io/v1/search?q=web+server%26n%3D100%23x&n=2",
  ]);
  expect(requests[0]?.headers.has("authorization")).toBe(false);
});

test("results and descriptions are limited, and fields of another type are dropped", async () => {
  const long = { ...RESULT, description: "x".repeat(301), x: "y" };
  const wrong = { ...RESULT, description: {}, star_count: 1.5, is_official: 1, is_automated: "x" };
  const unusable = [null, 1, "nginx", {}, { ...RESULT, name: "" }, { ...RESULT, name: 1 }];
  const { result } = search(() => Response.json({ results: [...unusable, long, wrong, long] }));
  expect(await result).toEqual([
    { ...RESULT, description: "x".repeat(300) },
    { ...RESULT, description: "", star_count: 0, is_official: false },
  ]);
});

test.each([
  ["results that are not a list", 200, '{"results":{}}', "returned unreadable results"],
  ["more than 1 MiB", 200, `{"results":["${"x".repeat(1024 * 1024)}"]}`, "unreadable results"],
  ["a redirect", 302, null, "answered with status 302"],
  ["an error", 500, null, "answered with status 500"],
])("%s is a failure of the index, after one request", async (_, status, body, text) => {
  const { result, requests } = search(() => answer(status, { location: "/" }, body));
  const error = await errorOf(result);
  expect([error.code, requests.length]).toEqual(["UNAVAILABLE", 1]);
  expect(error.message).toContain(text);
});
