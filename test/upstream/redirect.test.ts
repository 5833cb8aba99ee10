import { describe, expect, test } from "vitest";
import { isRedirect, nextHop } from "../../src/upstream/redirect.ts";
import { answer, createUpstream } from "./network.ts";

const { upstream } = createUpstream(() => answer(200), { url: "https://registry.k8s.io" });
const LIST = "https://registry.k8s.io/v2/pause/tags/list?n=1&last=3.9";

function hop(location: string, from: string): string {
  return nextHop(answer(307, { location }), new URL(from), upstream).href;
}

test.each([
  [301, true],
  [302, true],
  [303, true],
  [307, true],
  [308, true],
  [200, false],
  [300, false],
  [304, false],
  [305, false],
])("%i is a redirect: %s", (status, expected) => {
  expect(isRedirect(answer(status))).toBe(expected);
});

describe("the next hop", () => {
  test.each([
    ["https://region.example/v2/images/pause/tags/list", "?n=1&last=3.9"],
    ["/v2/other/tags/list", "?n=1&last=3.9"],
    ["https://region.example/v2/images/pause/tags/list?page=2", "?page=2"],
    ["https://storage.example/list", ""],
    ["/list.json", ""],
  ])("to %s has the query %j", (location, query) => {
    expect(new URL(hop(location, LIST)).search).toBe(query);
  });

  test("has no query that there was not", () => {
    const from = "https://registry.k8s.io/v2/pause/manifests/3.9";
    const location = "https://region.example/v2/images/pause/manifests/3.9";
    expect(hop(location, from)).toBe(location);
  });

  test("is not where nothing may be sent, and no error tells where that is", () => {
    expect(() => hop("https://10.0.0.1/secret", LIST)).toThrow(
      "registry.k8s.io redirected to where it must not; nothing was fetched",
    );
  });

  test("is nowhere if it is not told", () => {
    expect(() => nextHop(answer(307), new URL(LIST), upstream)).toThrow(
      "registry.k8s.io redirected without saying where; nothing was fetched",
    );
  });
});
