import { expect, test } from "vitest";
import { listReferrers, listTags } from "../../src/upstream/list.ts";
import {
  answer,
  createUpstream,
  DIGEST,
  errorOf,
  linesOf,
  NAME,
  type Respond,
  withTokens,
} from "./network.ts";

const BASE = "https://registry-1.docker.io/v2/library/busybox";
const INDEX = '{"schemaVersion":2,"manifests":[]}';

function tags(respond: Respond, query = "") {
  const created = createUpstream(respond);
  return { ...created, result: listTags(created.upstream, NAME, new URLSearchParams(query)) };
}

function referrers(respond: Respond, query = "") {
  const created = createUpstream(respond);
  const result = listReferrers(created.upstream, NAME, DIGEST, new URLSearchParams(query));
  return { ...created, result };
}

test.each([
  ["n=2&last=a%2Fb&x=", "?n=2&last=a%2Fb&x="],
  ["", ""],
])("tags are requested with the query %j as it is", async (query, search) => {
  const headers = { link: "</v2/x/tags/list?n=2&last=b>; rel=next" };
  const { result, requests } = tags(() => Response.json({ tags: ["1", "2"] }, { headers }), query);
  expect(await result).toEqual({ tags: ["1", "2"], nextQuery: "n=2&last=b" });
  expect(linesOf(requests)).toEqual([`GET ${BASE}/tags/list${search}`]);
});

test.each([64 * 1024, 7 * 1024 * 1024])(
  "a tag list of more than %i bytes is read",
  async (size) => {
    const list = { tags: ["1", "x".repeat(size)] };
    const { result } = tags(() => Response.json(list));
    expect(await result).toEqual({ tags: list.tags, nextQuery: null });
  },
);

test.each([
  ["is not JSON", "<html>"],
  ["has tags that are not a list", '{"tags":"1"}'],
  ["has a tag that is not text", '{"tags":["1",2]}'],
  ["has errors", '{"errors":[]}'],
  ["has more than 8 MiB", `{"tags":["${"x".repeat(8 * 1024 * 1024)}"]}`],
])("a tag list that %s is an error", async (_, body) => {
  expect(await errorOf(tags(() => answer(200, {}, body)).result)).toMatchObject({
    code: "UNAVAILABLE",
    status: 502,
    message: "library/busybox: registry-1.docker.io returned an unreadable tag list; try again",
  });
});

test.each([
  [404, "", "NAME_UNKNOWN"],
  [400, "", "UNAVAILABLE"],
  [400, "n=1000000", "PAGINATION_NUMBER_INVALID"],
  [400, "last=a", "PAGINATION_NUMBER_INVALID"],
])("status %i to tags with the query %j fails as %s", async (status, query, code) => {
  expect((await errorOf(tags(() => answer(status), query).result)).code).toBe(code);
});

test("tags refused with 400 are requested again, since the token may have expired", async () => {
  const refuse = withTokens(() => answer(400));
  const { upstream, requests } = createUpstream(refuse, { token: "cached" });
  await errorOf(listTags(upstream, NAME, new URLSearchParams("n=1000000")));
  expect(requests.filter(({ url }) => url.startsWith(BASE)).length).toBe(2);
});

test("referrers have the bytes of the upstream, and the filters that it applied", async () => {
  const headers = { "oci-filters-applied": "artifactType", link: "<?last=b>; rel=next" };
  const { result, requests } = referrers(() => answer(200, headers, INDEX), "artifactType=a%2Fb");
  const { bytes, filtersApplied, nextQuery } = await result;
  expect(new TextDecoder().decode(bytes)).toBe(INDEX);
  expect([filtersApplied, nextQuery]).toEqual(["artifactType", "last=b"]);
  expect(linesOf(requests)).toEqual([`GET ${BASE}/referrers/${DIGEST}?artifactType=a%2Fb`]);
  expect(requests[0]?.headers.get("accept")).toBe("application/vnd.oci.image.index.v1+json");
});

test.each([
  [400, "", "MANIFEST_UNKNOWN"],
  [406, "", "MANIFEST_UNKNOWN"],
  [410, "", "MANIFEST_UNKNOWN"],
  [501, "", "MANIFEST_UNKNOWN"],
  [401, "", "NAME_UNKNOWN"],
  [429, "", "TOOMANYREQUESTS"],
  [500, "", "UNAVAILABLE"],
  [200, "{}", "UNAVAILABLE"],
  [200, '{"manifests":{}}', "UNAVAILABLE"],
])("referrers with status %i and the body %j fail as %s", async (status, body, code) => {
  expect((await errorOf(referrers(() => answer(status, {}, body)).result)).code).toBe(code);
});
