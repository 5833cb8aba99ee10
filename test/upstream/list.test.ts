import { expect, test } from "vitest";
import { listReferrers, listTags } from "../../src/upstream/list.ts";
import {
  answer,
  BEARER,
  CHALLENGE,
  createUpstream,
  DIGEST,
  errorOf,
  linesOf,
  NAME,
  type Respond,
  redirect,
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

test.each([64 * 1024, 1.9 * 1024 * 1024])(
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
  ["has more than 2 MiB", `{"tags":["${"x".repeat(2 * 1024 * 1024)}"]}`],
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
  await errorOf(listTags(upstream, NAME, new URLSearchParams("n=50")));
  expect(requests.filter(({ url }) => url.startsWith(BASE)).length).toBe(2);
});

test("referrers have the bytes of the upstream, and the filters that it applied", async () => {
  const headers = { "oci-filters-applied": "artifactType", link: "<?last=b>; rel=next" };
  const { result, requests } = referrers(() => answer(200, headers, INDEX), "artifactType=a%2Fb");
  const page = { index: INDEX, filtersApplied: "artifactType", nextQuery: "last=b" };
  expect(await result).toEqual(page);
  expect(linesOf(requests)).toEqual([`GET ${BASE}/referrers/${DIGEST}?artifactType=a%2Fb`]);
  expect(requests[0]?.headers.get("accept")).toBe("application/vnd.oci.image.index.v1+json");
});

test.each([
  [400, ""],
  [404, ""],
  [406, ""],
  [501, ""],
  [200, "{}"],
  [200, '{"manifests":{}}'],
  [200, "<html>Log in</html>"],
  [200, `{"manifests":[],"x":"${"x".repeat(2 * 1024 * 1024)}"}`],
])("referrers with status %i and a body that is no index are none (%#)", async (status, body) => {
  expect(await referrers(() => answer(status, {}, body)).result).toBe("none");
});

test("referrers without a list are an empty index", async () => {
  const { result } = referrers(() => answer(200, {}, '{"schemaVersion":2,"manifests":null}'));
  expect(await result).toMatchObject({ index: '{"schemaVersion":2,"manifests":[]}' });
});

test.each([
  ["n=10000", "n=1000", 405],
  ["n=10000", "n=100", 400],
  ["n=500", "n=100", 422],
  ["last=a&n=2000", "last=a&n=1000", 413],
])(
  "a page of tags with %s, which is rejected, is requested with %s",
  async (query, allowed, status) => {
    const { result, requests } = tags(
      ({ url }) => (url.endsWith(`?${allowed}`) ? Response.json({ tags: ["1"] }) : answer(status)),
      query,
    );
    expect((await result).tags).toEqual(["1"]);
    expect(requests.at(-1)?.url).toBe(`${BASE}/tags/list?${allowed}`);
  },
);

test.each([
  [401, "", "MANIFEST_UNKNOWN"],
  [403, "", "MANIFEST_UNKNOWN"],
  [408, "", "UNAVAILABLE"],
  [429, "", "TOOMANYREQUESTS"],
  [500, "", "UNAVAILABLE"],
])("referrers with status %i and the body %j fail as %s", async (status, body, code) => {
  expect((await errorOf(referrers(() => answer(status, {}, body)).result)).code).toBe(code);
});

test.each([401, 403])(
  "there are no referrers if a redirect leads to a page that answers with %i",
  async (status) => {
    const page = "https://login.example.com/";
    const { result } = referrers(({ url }) => (url === page ? answer(status) : redirect(page)));
    expect(await result).toBe("none");
  },
);

test("a token that is truncated for tags is requested twice, not once more by each of both", async () => {
  const respond: Respond = ({ url }) =>
    url.startsWith(BEARER.realm)
      ? answer(200, { "content-length": "100" }, "{")
      : answer(401, { "www-authenticate": CHALLENGE });
  const { upstream, requests } = createUpstream(respond, { scheme: BEARER });
  const result = listTags(upstream, NAME, new URLSearchParams());
  expect(await errorOf(result)).toMatchObject({ code: "UNAVAILABLE", isTransient: true });
  const tokens = linesOf(requests).filter((line) => line.startsWith(`GET ${BEARER.realm}`));
  expect(tokens).toHaveLength(2);
});
