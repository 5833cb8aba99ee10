import { describe, expect, test } from "vitest";
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

describe("a tag list", () => {
  test.each([
    ["n=2&last=a%2Fb&x=", "?n=2&last=a%2Fb&x="],
    ["", ""],
  ])("is requested with the query %j as it is", async (query, search) => {
    const { result, requests } = tags(() => Response.json({ tags: ["1", "2"] }), query);
    expect(await result).toEqual({ tags: ["1", "2"], nextQuery: null });
    expect(linesOf(requests)).toEqual([`GET ${BASE}/tags/list${search}`]);
  });

  test("has the query of the next page", async () => {
    const headers = { link: "</v2/x/tags/list?n=2&last=b>; rel=next" };
    const { result } = tags(() => Response.json({ tags: [] }, { headers }));
    expect((await result).nextQuery).toBe("n=2&last=b");
  });

  test.each([{ tags: null }, {}, { tags: [] }])("%j is empty", async (list) => {
    expect((await tags(() => Response.json(list)).result).tags).toEqual([]);
  });

  test.each([64 * 1024, 7 * 1024 * 1024])("of more than %i bytes is read", async (size) => {
    const list = { tags: ["1", "x".repeat(size)] };
    expect((await tags(() => Response.json(list)).result).tags).toEqual(list.tags);
  });

  test.each([
    ["that is not JSON", "<html>"],
    ["that is not an object", "[]"],
    ["whose tags are not a list", '{"tags":"1"}'],
    ["with a tag that is not text", '{"tags":["1",2]}'],
    ["with errors", '{"errors":[]}'],
    ["of more than 8 MiB", `{"tags":["${"x".repeat(8 * 1024 * 1024)}"]}`],
  ])("%s is an error", async (_, body) => {
    expect(await errorOf(tags(() => answer(200, {}, body)).result)).toMatchObject({
      code: "UNAVAILABLE",
      status: 502,
      message: "library/busybox: registry-1.docker.io returned an unreadable tag list; try again",
    });
  });

  test.each([
    [404, "", "NAME_UNKNOWN"],
    [401, "", "NAME_UNKNOWN"],
    [403, "", "DENIED"],
    [429, "", "TOOMANYREQUESTS"],
    [500, "", "UNAVAILABLE"],
    [400, "", "UNAVAILABLE"],
    [400, "n=1000000", "PAGINATION_NUMBER_INVALID"],
    [400, "last=a", "PAGINATION_NUMBER_INVALID"],
  ])("with status %i for the query %j fails as %s", async (status, query, code) => {
    expect((await errorOf(tags(() => answer(status), query).result)).code).toBe(code);
  });

  test("refused with 400 is requested again, since the token may have expired", async () => {
    const { upstream, requests } = createUpstream(
      withTokens(() => answer(400)),
      { token: "cached" },
    );
    await errorOf(listTags(upstream, NAME, new URLSearchParams("n=1000000")));
    expect(requests.filter(({ url }) => url.startsWith(BASE)).length).toBe(2);
  });
});

describe("a list of referrers", () => {
  test("has the bytes of the upstream, and the filters that it applied", async () => {
    const headers = { "oci-filters-applied": "artifactType", link: "<?last=b>; rel=next" };
    const { result, requests } = referrers(() => answer(200, headers, INDEX), "artifactType=a%2Fb");
    const { bytes, filtersApplied, nextQuery } = await result;
    expect(new TextDecoder().decode(bytes)).toBe(INDEX);
    expect([filtersApplied, nextQuery]).toEqual(["artifactType", "last=b"]);
    expect(linesOf(requests)).toEqual([`GET ${BASE}/referrers/${DIGEST}?artifactType=a%2Fb`]);
    expect(requests[0]?.headers.get("accept")).toBe("application/vnd.oci.image.index.v1+json");
  });

  test.each([
    [400, "MANIFEST_UNKNOWN"],
    [404, "MANIFEST_UNKNOWN"],
    [405, "MANIFEST_UNKNOWN"],
    [406, "MANIFEST_UNKNOWN"],
    [410, "MANIFEST_UNKNOWN"],
    [501, "MANIFEST_UNKNOWN"],
    [401, "NAME_UNKNOWN"],
    [429, "TOOMANYREQUESTS"],
    [500, "UNAVAILABLE"],
  ])("with status %i fails as %s", async (status, code) => {
    expect((await errorOf(referrers(() => answer(status)).result)).code).toBe(code);
  });

  test.each(["<html>", "{}", '{"manifests":null}', '{"manifests":{}}', "[]"])(
    "that is %j is an error",
    async (body) => {
      const error = await errorOf(referrers(() => answer(200, {}, body)).result);
      expect([error.code, error.status]).toEqual(["UNAVAILABLE", 502]);
    },
  );
});
