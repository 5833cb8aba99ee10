import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/protocol/digest.ts";
import type { Name } from "../../src/protocol/name.ts";
import { listReferrers, listTags } from "../../src/upstream/list.ts";
import { type Answer, answer, createUpstream, failureFrom } from "./network.ts";

const NAME = "library/busybox" as Name;
const DIGEST = `sha256:${"a".repeat(64)}` as Digest;
const INDEX = '{"schemaVersion":2,"manifests":[]}';

function tags(respond: Answer, query = "") {
  const created = createUpstream(respond);
  return { ...created, result: listTags(created.upstream, NAME, new URLSearchParams(query)) };
}

function referrers(respond: Answer, query = "") {
  const created = createUpstream(respond);
  const question = { name: NAME, digest: DIGEST };
  const result = listReferrers(created.upstream, question, new URLSearchParams(query));
  return { ...created, result };
}

describe("tags", () => {
  test("are asked for with the query as it is", async () => {
    const { result, seen } = tags(() => Response.json({ tags: ["1", "2"] }), "n=2&last=a%2Fb&x=");
    expect(await result).toEqual({ tags: ["1", "2"], nextQuery: null });
    expect(seen.map(({ url }) => url)).toEqual([
      "https://registry-1.docker.io/v2/library/busybox/tags/list?n=2&last=a%2Fb&x=",
    ]);
  });

  test("are asked for without a question mark if there is no query", async () => {
    const { result, seen } = tags(() => Response.json({ tags: [] }));
    await result;
    expect(seen[0]?.url).toMatch(/\/tags\/list$/);
  });

  test("go on where the upstream says", async () => {
    const headers = { link: "</v2/x/tags/list?n=2&last=b>; rel=next" };
    const { result } = tags(() => Response.json({ tags: [] }, { headers }));
    expect((await result).nextQuery).toBe("n=2&last=b");
  });

  test.each([[{ tags: null }], [{}], [{ tags: [] }]])("%j are none", async (list) => {
    expect((await tags(() => Response.json(list)).result).tags).toEqual([]);
  });

  test.each([
    ["no JSON", "<html>"],
    ["no object", "[]"],
    ["tags that are no list", '{"tags":"1"}'],
    ["a tag that is no text", '{"tags":["1",2]}'],
    ["errors in their place", '{"errors":[]}'],
    ["more than 8 MiB", `{"tags":["${"x".repeat(8 * 1024 * 1024)}"]}`],
  ])("with %s are a failure", async (_, body) => {
    const { result } = tags(() => answer(200, {}, body));
    expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE", status: 502 });
  });

  test.each([
    [404, "NAME_UNKNOWN"],
    [401, "NAME_UNKNOWN"],
    [403, "DENIED"],
    [429, "TOOMANYREQUESTS"],
    [500, "UNAVAILABLE"],
  ])("with %i fail as %s", async (status, code) => {
    expect(await failureFrom(tags(() => answer(status)).result)).toMatchObject({ code });
  });

  test.each([
    ["n=1000000", "PAGINATION_NUMBER_INVALID"],
    ["last=a", "PAGINATION_NUMBER_INVALID"],
    ["", "UNAVAILABLE"],
  ])("with 400 to %j fail as %s", async (query, code) => {
    expect(await failureFrom(tags(() => answer(400), query).result)).toMatchObject({ code });
  });
});

test.each(["", "n=1000000"])(
  "400 to the query %j may be about a token that has expired: it is asked once more",
  async (query) => {
    for (const { result, seen } of [
      tags(() => answer(400), query),
      referrers(() => answer(400), query),
    ]) {
      await failureFrom(result);
      expect(seen.length).toBe(2);
    }
  },
);

describe("referrers", () => {
  test("are the upstream's own bytes, with the filters that it applied", async () => {
    const headers = { "oci-filters-applied": "artifactType", link: "<?last=b>; rel=next" };
    const { result, seen } = referrers(() => answer(200, headers, INDEX), "artifactType=a%2Fb");
    const { bytes, filtersApplied, nextQuery } = await result;
    expect(new TextDecoder().decode(bytes)).toBe(INDEX);
    expect([filtersApplied, nextQuery]).toEqual(["artifactType", "last=b"]);
    expect(seen.map(({ url }) => url)).toEqual([
      `https://registry-1.docker.io/v2/library/busybox/referrers/${DIGEST}?artifactType=a%2Fb`,
    ]);
    expect(seen[0]?.headers.get("accept")).toBe("application/vnd.oci.image.index.v1+json");
  });

  test.each([400, 404, 405, 406, 410, 501])(
    "with %i are unknown, the repository is not",
    async (status) => {
      const error = await failureFrom(referrers(() => answer(status)).result);
      expect(error).toMatchObject({ code: "MANIFEST_UNKNOWN", status: 404 });
    },
  );

  test.each([
    [401, "NAME_UNKNOWN"],
    [429, "TOOMANYREQUESTS"],
    [500, "UNAVAILABLE"],
  ])("with %i fail as %s", async (status, code) => {
    expect(await failureFrom(referrers(() => answer(status)).result)).toMatchObject({ code });
  });

  test.each(["<html>", "{}", '{"manifests":null}', '{"manifests":{}}', "[]"])(
    "that are %j are a failure",
    async (body) => {
      const { result } = referrers(() => answer(200, {}, body));
      expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE", status: 502 });
    },
  );
});
