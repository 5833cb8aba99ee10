import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { withHeaders } from "../support/hub/responses.ts";
import { basic, SECRET, useScenes } from "../support/mirror/scenarios.ts";

const createScene = useScenes();
const SUBJECT = OCI_MANIFEST.digest;

/** A mirror whose quay.io pages its lists one by one. */
function createPaged(
  env: Record<string, string> = {},
  links: "relative" | "absolute" = "relative",
) {
  const scene = createScene({ env, hubs: { "quay.io": { pageSize: 1, links } } });
  scene.hubs["quay.io"].push("owner/app", "2", imageOf(OCI_MANIFEST));
  return scene;
}

function target(link: string | null): string {
  return /^<(.*)>; rel="next"$/.exec(link ?? "")?.[1] ?? "";
}

const PAGES = [
  ["https://quay.example.com", "/v2/owner/app/tags/list", "?last=1&n=1"],
  ["", "/v2/quay.io/owner/app/tags/list", "?last=1&n=1"],
  ["", "/v2/QUAY.IO/owner/app/tags/list", "?last=1&n=1"],
  ["", "/v2/owner/app/tags/list?ns=quay.io", "?last=1&n=1&ns=quay.io"],
  ["", "/v2/owner/app/tags/list?ns=Quay.IO", "?last=1&n=1&ns=Quay.IO"],
  ["", "/v2/quay.io/owner/app/tags/list?ns=quay.io", "?last=1&n=1"],
] as const;

describe.each(["relative", "absolute"] as const)(
  "the next page, by a link that is %s,",
  (links) => {
    it.each(PAGES)("[R5] of tags is the same registry's: %s%s", async (origin, path, query) => {
      const { mirror, calls } = createPaged({}, links);
      const first = await mirror.get(origin + path);
      expect(target(first.headers.get("link"))).toBe(path.split("?")[0] + query);
      const second = await mirror.get(origin + target(first.headers.get("link")));
      expect(JSON.parse(second.text).tags).toEqual(["2"]);
      expect(JSON.parse(second.text).name).toBe(/^\/v2\/(.*)\/tags/.exec(path)?.[1]);
      expect(second.headers.get("link")).toBeNull();
      expect(calls().every((call) => call.startsWith("quay.io "))).toBe(true);
    });

    it.each([
      ["https://quay.example.com", "/v2/owner/app", ""],
      ["", "/v2/quay.io/owner/app", ""],
      ["", "/v2/owner/app", "&ns=quay.io"],
    ])("[R5] of referrers too: %s%s", async (origin, repository, ns) => {
      const { mirror, hubs } = createPaged({}, links);
      const link = `<https://quay.io/v2/owner/app/referrers/${SUBJECT}?last=x&y=%2F>; rel="next"`;
      hubs["quay.io"].intercept(
        when({ path: /referrers/ }, async (next) => withHeaders(await next(), { link })),
      );
      const path = `${repository}/referrers/${SUBJECT}`;
      const answer = await mirror.get(`${origin}${path}?${ns.slice(1)}`);
      expect(target(answer.headers.get("link"))).toBe(`${path}?last=x&y=%2F${ns}`);
    });
  },
);

describe("behind a lock", () => {
  it.each([
    [`/${SECRET}/v2/quay.io/owner/app/tags/list`, "?last=1&n=1"],
    [`/v2/${SECRET}/quay.io/owner/app/tags/list`, "?last=1&n=1"],
    [`/${SECRET}/v2/owner/app/tags/list?ns=quay.io`, "?last=1&n=1&ns=quay.io"],
  ])("[R5] [A1] a page is one of that registry, and the next one too: %s", async (path, query) => {
    const { mirror, calls } = createPaged({ ACCESS_PATHS: `office=${SECRET}` });
    const first = await mirror.get(path);
    expect(target(first.headers.get("link"))).toBe(path.split("?")[0] + query);
    expect((await mirror.get(target(first.headers.get("link")))).status).toBe(200);
    expect(calls().every((call) => call.startsWith("quay.io "))).toBe(true);
    expect(JSON.stringify(mirror.log)).not.toContain(SECRET);
    expect(await mirror.stored()).not.toContain(SECRET);
  });

  it("[R5] [A1] a host of the mirror's own has pages behind the secret", async () => {
    const { mirror } = createPaged({ ACCESS_PATHS: `office=${SECRET}` });
    const path = `/${SECRET}/v2/owner/app/tags/list`;
    const first = await mirror.get(`https://quay.example.com${path}`);
    expect(target(first.headers.get("link"))).toBe(`${path}?last=1&n=1`);
  });

  it("[R1] [A2] users reach every registry, by every way", async () => {
    const { mirror, calls } = createPaged({ ACCESS_USERS: "alice=token" });
    const headers = { authorization: basic("alice", "token") };
    for (const path of [
      "/v2/quay.io/owner/app/manifests/1",
      "/v2/owner/app/manifests/1?ns=quay.io",
      "https://quay.example.com/v2/owner/app/manifests/1",
    ]) {
      expect((await mirror.ask(path, { headers })).status).toBe(200);
      expect((await mirror.ask(path)).status).toBe(401);
    }
    expect(calls()).toHaveLength(4);
  });
});

describe("a cursor with an ns of the upstream's own", () => {
  it.each([
    ["/v2/quay.io/owner/app/tags/list", "cursor=1"],
    ["/v2/owner/app/tags/list?ns=quay.io", "cursor=1&ns=quay.io"],
    ["https://quay.example.com/v2/owner/app/tags/list", "cursor=1"],
  ])("[R5] does not lead to another registry: %s", async (path, query) => {
    const { mirror, hubs } = createPaged();
    const link = '</v2/owner/app/tags/list?ns=ghcr.io&cursor=1&ns=docker.io>; rel="next"';
    hubs["quay.io"].intercept(
      when({ path: /tags/ }, async (next) => withHeaders(await next(), { link })),
    );
    const answer = await mirror.get(path);
    expect(target(answer.headers.get("link"))).toMatch(/^\/v2\/.*\/tags\/list\?/);
    expect(target(answer.headers.get("link")).split("?")[1]).toBe(query);
  });
});
