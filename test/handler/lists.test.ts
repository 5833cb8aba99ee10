import { describe, expect, it } from "vitest";
import { imageOf, OCI_INDEX, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { errorResponse, redirect, status, withHeaders } from "../support/hub/responses.ts";
import type { HubOptions } from "../support/hub.ts";
import { buildArtifact } from "../support/image.ts";
import { HANDSHAKE, type Mirror, read, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const PATH = "/v2/busybox/tags/list";
const REFERRERS = `/v2/busybox/referrers/${OCI_MANIFEST.digest}`;
const SIGNATURE = "application/vnd.example.signature";

function createStocked(hub: Omit<HubOptions, "now"> = {}): Mirror {
  const mirror = createMirror({ hub });
  for (const tag of ["1.0", "1.1", "1.2", "1.3", "1.4"]) {
    mirror.hub.push("library/busybox", tag, imageOf(OCI_MANIFEST));
  }
  return mirror;
}

function lastQuery(mirror: Mirror): string | undefined {
  return mirror.hub.requests.at(-1)?.query.toString();
}

async function createSigned(hub: Omit<HubOptions, "now"> = {}): Promise<Mirror> {
  const mirror = createMirror({ hub });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  const { mediaType, digest } = OCI_MANIFEST;
  for (const [type, text] of [
    [SIGNATURE, "signed"],
    [SIGNATURE, "signed again"],
    ["application/vnd.example.parts", "parts"],
  ] as const) {
    const artifact = await buildArtifact({ mediaType, digest, size: 399 }, type, text);
    mirror.hub.push("library/busybox", null, artifact);
  }
  return mirror;
}

describe("a list of tags", () => {
  it.each(["busybox", "library/busybox", "docker.io/busybox", "docker.io/library/busybox"])(
    "[38] has the name that the client used: %s",
    async (name) => {
      const mirror = createStocked();
      const answer = await mirror.get(`/v2/${name}/tags/list`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe("application/json");
      expect(JSON.parse(answer.text)).toEqual({
        name,
        tags: ["1.0", "1.1", "1.2", "1.3", "1.4"],
      });
      expect(answer.headers.get("link")).toBeNull();
      expect(mirror.calls()).toEqual([...HANDSHAKE, "registry GET /v2/library/busybox/tags/list"]);
    },
  );

  it("[38] has the same headers for HEAD", async () => {
    const mirror = createStocked();
    const head = await mirror.head(PATH);
    expect(head.headers.get("content-length")).toBe("57");
    expect((await mirror.get(PATH)).text.length).toBe(57);
  });

  it.each(["relative", "absolute"] as const)(
    "[38] has pages, with %s links of the upstream",
    async (links) => {
      const mirror = createStocked({ links, pageSize: 2 });
      const first = await mirror.get(`${PATH}?n=2`);
      expect(JSON.parse(first.text).tags).toEqual(["1.0", "1.1"]);
      expect(first.headers.get("link")).toBe('</v2/busybox/tags/list?last=1.1&n=2>; rel="next"');
      const second = await mirror.get(`${PATH}?last=1.1&n=2`);
      expect(lastQuery(mirror)).toBe("last=1.1&n=2");
      expect(second.headers.get("link")).toBe('</v2/busybox/tags/list?last=1.3&n=2>; rel="next"');
      const third = await mirror.get(`${PATH}?last=1.3&n=2`);
      expect(JSON.parse(third.text)).toEqual({ name: "busybox", tags: ["1.4"] });
      expect(third.headers.get("link")).toBeNull();
    },
  );

  it("[38] has pages if the client sets no size", async () => {
    const mirror = createStocked({ pageSize: 3 });
    const answer = await mirror.get("/v2/library/busybox/tags/list");
    expect(lastQuery(mirror)).toBe("");
    expect(answer.headers.get("link")).toBe(
      '</v2/library/busybox/tags/list?last=1.2&n=3>; rel="next"',
    );
  });

  it.each([
    ['</v2/library/busybox/tags/list?next_page=gAAA%3D%3D>; rel="next"', "next_page=gAAA%3D%3D"],
    ["<https://registry-1.docker.io/any?a=1&b=%2F&c=x+y>; rel=next", "a=1&b=%2F&c=x+y"],
    ['<?cursor=1>; title="a, b"; rel="next"', "cursor=1"],
    ['</first?page=1>; rel="first", </next?page=2>; rel="next"', "page=2"],
  ])("[38] passes on any cursor: %s", async (link, query) => {
    const mirror = createStocked();
    mirror.hub.intercept(
      when({ path: /tags/ }, async (next) => withHeaders(await next(), { link })),
    );
    const next = `</v2/busybox/tags/list?${query}>; rel="next"`;
    expect((await mirror.get(PATH)).headers.get("link")).toBe(next);
    await mirror.get(`${PATH}?${query}`);
    expect(lastQuery(mirror)).toBe(query);
  });

  it.each(['</prev?page=1>; rel="prev"', "</next?page=1>", "nonsense", '</next>; rel="next"'])(
    "[38] has no next page: %s",
    async (link) => {
      const mirror = createStocked();
      mirror.hub.intercept(
        when({ path: /tags/ }, async (next) => withHeaders(await next(), { link })),
      );
      expect((await mirror.get(PATH)).headers.get("link")).toBeNull();
    },
  );

  it.each(['{"name":"library/busybox","tags":null}', '{"name":"library/busybox"}'])(
    "[38] may be empty: %s",
    async (text) => {
      const mirror = createStocked();
      mirror.hub.intercept(when({ path: /tags/ }, () => new Response(text)));
      expect((await mirror.get(PATH)).text).toBe('{"name":"busybox","tags":[]}');
    },
  );

  it.each(["<html>", "[]", '{"tags":"1.0"}', '{"tags":[1]}', '{"errors":[]}', ""])(
    "[38] [37] is UNAVAILABLE if it is unreadable: %o",
    async (text) => {
      const mirror = createStocked();
      mirror.hub.intercept(when({ path: /tags/ }, () => new Response(text)));
      const answer = await mirror.get(PATH);
      expect(answer.status).toBe(502);
      expect(answer.error?.code).toBe("UNAVAILABLE");
    },
  );

  it("[38] may have 200 KB", async () => {
    const mirror = createStocked();
    const tags = Array.from({ length: 10_000 }, (_, index) => `2026.01.15-${index}`);
    const list = () => Response.json({ name: "library/busybox", tags });
    mirror.hub.intercept(when({ path: /tags/ }, list));
    const answer = await mirror.get(PATH);
    expect(answer.bytes.length).toBeGreaterThan(150_000);
    expect(JSON.parse(answer.text)).toEqual({ name: "busybox", tags });
  });

  it("[38a] is cached for TAG_TTL_SECONDS", async () => {
    const mirror = createStocked();
    await mirror.warm(PATH);
    mirror.hub.push("library/busybox", "1.5", imageOf(OCI_MANIFEST));
    mirror.clock.advance(59);
    expect(JSON.parse((await mirror.get(PATH)).text).tags.length).toBe(5);
    expect(mirror.calls()).toEqual([]);
    mirror.clock.advance(1);
    const answer = await mirror.get(PATH);
    expect(JSON.parse(answer.text).tags.length).toBe(6);
    expect(answer.headers.get("cache-control")).toBe("no-cache, no-transform");
  });

  it("[38] [38a] over 2 MiB is UNAVAILABLE", async () => {
    const mirror = createStocked();
    const text = JSON.stringify({ name: "library/busybox", tags: ["x".repeat(2 * 1024 * 1024)] });
    mirror.hub.intercept(when({ path: /tags/ }, () => new Response(text)));
    const answer = await mirror.get(PATH);
    expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
  });

  it.each([
    [
      405,
      "UNSUPPORTED",
      "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 1000'",
    ],
    [400, "PAGINATION_NUMBER_INVALID", "invalid number of results requested"],
  ])("[38a] has all 2,500 tags if pages over 1,000 are %i %s", async (code, name, message) => {
    const mirror = createMirror();
    const tags = Array.from({ length: 2_500 }, (_, index) => `1.${10_000 + index}`);
    for (const tag of tags) mirror.hub.push("library/busybox", tag, imageOf(OCI_MANIFEST));
    mirror.hub.intercept(({ path, query, method }) =>
      path.endsWith("/tags/list") && Number(query.get("n")) > 1_000
        ? errorResponse(method, code, name, message)
        : undefined,
    );
    const received: string[] = [];
    let next = `${PATH}?n=10000`;
    for (let pages = 1; next !== ""; pages++) {
      expect(pages).toBeLessThanOrEqual(3);
      const answer = await mirror.get(next);
      expect(answer.status).toBe(200);
      received.push(...JSON.parse(answer.text).tags);
      next = /^<(.+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1] ?? "";
    }
    expect(received).toEqual(tags);
  });

  it.each([413, 422])("[38a] is requested with n=1000, then with n=100: %i", async (code) => {
    const mirror = createStocked();
    mirror.hub.intercept(({ path, query }) =>
      path.endsWith("/tags/list") && Number(query.get("n")) > 100 ? status(code) : undefined,
    );
    expect((await mirror.get(`${PATH}?n=5000&last=1.2`)).text).toBe(
      '{"name":"busybox","tags":["1.3","1.4"]}',
    );
    const lists = mirror.hub.requests.filter(({ path }) => path.endsWith("/tags/list"));
    expect(lists.map(({ query }) => `${query}`)).toEqual([
      "n=5000&last=1.2",
      "n=1000&last=1.2",
      "n=100&last=1.2",
    ]);
  });

  it.each(["gone", "limited"] as const)(
    "[38a] [G8] answers with a warning while the upstream is %s, for STALE_TTL_SECONDS",
    async (mode) => {
      const mirror = createStocked();
      const first = await mirror.get(`${PATH}?n=2`);
      expect(first.headers.get("cache-status")).toBe("sampan; fwd=miss");
      mirror.hub.become(mode);
      mirror.restart("here");
      expect((await mirror.get(`${PATH}?n=2`)).headers.get("cache-status")).toBe("sampan; hit");
      mirror.clock.advance(30 * 24 * 60 * 60 - 1);
      const stale = await mirror.get(`${PATH}?n=2`);
      expect([stale.status, stale.text]).toEqual([200, first.text]);
      expect(stale.headers.get("link")).toBe(first.headers.get("link"));
      expect(stale.headers.get("warning")).toMatch(/^299 - /);
      expect(stale.headers.get("cache-status")).toBe("sampan; fwd=stale; detail=stale");
      mirror.clock.advance(60);
      expect((await mirror.get(`${PATH}?n=2`)).status).toBe(mode === "gone" ? 502 : 429);
    },
  );

  it("[38a] answers at once for 30 seconds after a failure, while one request at a time asks", async () => {
    const mirror = createStocked();
    const { text } = await mirror.get(PATH);
    mirror.clock.advance(60);
    mirror.hub.become("gone");
    expect((await mirror.get(PATH)).headers.get("cache-status")).toBe(
      "sampan; fwd=stale; detail=stale",
    );
    mirror.hub.become("serving");
    mirror.hub.intercept(when({ path: /\/tags\/list/ }, () => "hang"));
    const answers = [];
    for (let times = 1; times <= 3; times++)
      answers.push(await read("GET", await mirror.send(PATH)));
    for (const answer of answers) {
      expect(answer.text).toBe(text);
      expect(answer.headers.get("warning")).toMatch(/^299 - ".*cannot be reached/);
      expect(answer.headers.get("cache-status")).toBe("sampan; hit; detail=stale");
    }
    mirror.calls();
    mirror.clock.advance(10);
    await mirror.settle();
    mirror.hub.intercept(null);
    mirror.clock.advance(30);
    expect((await mirror.get(PATH)).headers.get("warning")).toBeNull();
  });

  it("[38a] [41] does not answer for a repository that was deleted upstream", async () => {
    const mirror = createStocked();
    await mirror.warm(PATH);
    mirror.clock.advance(60);
    mirror.hub.intercept(when({ path: /tags/ }, () => status(404)));
    const answer = await mirror.get(PATH);
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
  });

  it.each(["n=0", "n=00", "n=0&last=1.0"])("[39] is empty for %s", async (query) => {
    const mirror = createStocked();
    const answer = await mirror.get(`${PATH}?${query}`);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"name":"busybox","tags":[]}');
    expect(answer.headers.get("link")).toBeNull();
    // Registries differ in what they take n=0 for; some have no limit then.
    expect(lastQuery(mirror)).toBe("n=1");
  });

  it("[39] [41] is NAME_UNKNOWN for an unknown repository and n=0", async () => {
    const mirror = createStocked();
    expect((await mirror.get("/v2/none/tags/list?n=0")).error?.code).toBe("NAME_UNKNOWN");
  });

  it.each(["-1", "", "1.5", "ten", "1e3", "%2B5", "0x10", "10%20"])(
    "[40] is an error for n=%s",
    async (n) => {
      const mirror = createStocked();
      const answer = await mirror.get(`${PATH}?n=${n}`);
      expect(answer.status).toBe(400);
      expect(answer.error?.code).toBe("PAGINATION_NUMBER_INVALID");
      expect((await mirror.head(`${PATH}?n=${n}`)).status).toBe(400);
      expect(mirror.calls()).toEqual([]);
    },
  );

  it("[40] is an error for an n that the upstream rejects", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /tags/ }, () => status(400)));
    const answer = await mirror.get(`${PATH}?n=1000000`);
    expect(answer.status).toBe(400);
    expect(answer.error?.code).toBe("PAGINATION_NUMBER_INVALID");
  });

  it("[40] [37] is UNAVAILABLE if the upstream rejects a request without n", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /tags/ }, () => status(400)));
    const answer = await mirror.get(PATH);
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
  });

  it.each([401, 404])("[41] is NAME_UNKNOWN for an unknown repository: %i", async (code) => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /tags/ }, () => status(code)));
    const answer = await mirror.get(PATH);
    expect(answer.status).toBe(404);
    expect(answer.error?.code).toBe("NAME_UNKNOWN");
  });
});

describe("referrers", () => {
  it("[42] are the upstream's OCI index", async () => {
    const mirror = await createSigned();
    const answer = await mirror.get(REFERRERS);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe(OCI_INDEX.mediaType);
    expect(answer.headers.get("oci-filters-applied")).toBeNull();
    expect(JSON.parse(answer.text).manifests.length).toBe(3);
    expect((await mirror.head(REFERRERS)).headers.get("content-length")).toBe(
      String(answer.bytes.length),
    );
    expect(mirror.calls().slice(0, 3)).toEqual([
      ...HANDSHAKE,
      `registry GET /v2/library/busybox/referrers/${OCI_MANIFEST.digest}`,
    ]);
  });

  it("[42] are filtered by the upstream, and OCI-Filters-Applied is passed on", async () => {
    const mirror = await createSigned();
    const answer = await mirror.get(`${REFERRERS}?artifactType=${SIGNATURE}&ns=docker.io`);
    expect(JSON.parse(answer.text).manifests.length).toBe(2);
    expect(answer.headers.get("oci-filters-applied")).toBe("artifactType");
    expect(answer.headers.get("oci-namespace")).toBe("docker.io");
    expect([...(mirror.hub.requests.at(-1)?.query ?? [])]).toEqual([["artifactType", SIGNATURE]]);
  });

  it.each(["relative", "absolute"] as const)(
    "[42] have pages, with %s links of the upstream",
    async (links) => {
      const mirror = await createSigned({ links, pageSize: 2 });
      const first = await mirror.get(REFERRERS);
      const [, query] =
        /^<\/v2\/busybox\/referrers\/sha256:78f2bc29[0-9a-f]+\?(.+)>; rel="next"$/.exec(
          first.headers.get("link") ?? "",
        ) ?? [""];
      expect(query).toMatch(/^last=sha256/);
      const second = await mirror.get(`${REFERRERS}?${query}`);
      expect(JSON.parse(second.text).manifests.length).toBe(1);
      expect(second.headers.get("link")).toBeNull();
    },
  );

  it("[42] are an empty index if there are none", async () => {
    const mirror = await createSigned();
    const answer = await mirror.get(`/v2/busybox/referrers/${OCI_INDEX.digest}`);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text).manifests).toEqual([]);
  });

  it.each(["<html>", "[]", '{"manifests":{}}'])(
    "[42a] [43] are MANIFEST_UNKNOWN if the response is not an index: %s",
    async (text) => {
      const mirror = await createSigned();
      mirror.hub.intercept(when({ path: /referrers/ }, () => new Response(text)));
      const answer = await mirror.get(REFERRERS);
      expect(answer.status).toBe(404);
      expect(answer.error?.code).toBe("MANIFEST_UNKNOWN");
    },
  );

  it.each([
    ["another host", "https://production.cloudfront.docker.com/login"],
    ["the registry itself", "/login"],
    ["a host without https", "http://login.docker.com/"],
  ])("[42a] [43] are MANIFEST_UNKNOWN if a redirect leads to a page of %s", async (_, location) => {
    const mirror = await createSigned();
    mirror.hub.intercept(({ path }) => {
      if (path.includes("/referrers/")) return redirect(location, 302);
      if (path !== "/login") return undefined;
      return new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
    });
    const answer = await mirror.get(REFERRERS);
    expect([answer.status, answer.error?.code]).toEqual([404, "MANIFEST_UNKNOWN"]);
  });

  it("[42a] are an empty index if the upstream's list is null", async () => {
    const mirror = await createSigned();
    const text = '{"schemaVersion":2,"manifests":null}';
    mirror.hub.intercept(when({ path: /referrers/ }, () => new Response(text)));
    const answer = await mirror.get(REFERRERS);
    expect([answer.status, answer.text]).toEqual([200, '{"schemaVersion":2,"manifests":[]}']);
    expect(answer.headers.get("content-type")).toBe(OCI_INDEX.mediaType);
  });

  it.each([
    ["an index", null, 200],
    ["none", () => status(404), 404],
    ["a page", () => new Response("<!doctype html>"), 404],
  ] as const)(
    "[42a] [43] are cached, and answer while the upstream is gone: %s",
    async (_, reply, code) => {
      const mirror = await createSigned();
      mirror.hub.intercept(reply && when({ path: /referrers/ }, reply));
      const first = await mirror.get(REFERRERS);
      expect(first.status).toBe(code);
      mirror.calls();
      mirror.clock.advance(59);
      expect((await mirror.get(REFERRERS)).text).toBe(first.text);
      expect(mirror.calls()).toEqual([]);
      mirror.hub.become("gone");
      mirror.restart("here");
      mirror.clock.advance(24 * 60 * 60);
      const stale = await mirror.get(REFERRERS);
      expect([stale.status, stale.text]).toEqual([code, first.text]);
      const filtered = await mirror.get(`${REFERRERS}?artifactType=${SIGNATURE}`);
      expect([filtered.status, filtered.error?.code]).toEqual([502, "UNAVAILABLE"]);
    },
  );

  it("[42a] have a warning and Cache-Status while the upstream is gone", async () => {
    const mirror = await createSigned();
    await mirror.warm(REFERRERS);
    mirror.hub.become("gone");
    mirror.clock.advance(60);
    const { headers } = await mirror.get(REFERRERS);
    expect(headers.get("warning")).toMatch(/^299 - ".*cannot be reached/);
    expect(headers.get("cache-status")).toBe("sampan; fwd=stale; detail=stale");
  });

  it.each([
    [408, 502, "UNAVAILABLE"],
    [429, 429, "TOOMANYREQUESTS"],
    [503, 502, "UNAVAILABLE"],
  ])("[43] are not missing if the upstream answers %i", async (code, expected, name) => {
    const mirror = await createSigned();
    mirror.hub.intercept(when({ path: /referrers/ }, () => status(code)));
    const answer = await mirror.get(REFERRERS);
    expect([answer.status, answer.error?.code]).toEqual([expected, name]);
  });

  it.each([404, 400, 405, 406, 410, 501])(
    "[43] are MANIFEST_UNKNOWN if the upstream does not have them: %i",
    async (code) => {
      const mirror = await createSigned();
      mirror.hub.intercept(when({ path: /referrers/ }, () => status(code)));
      const answer = await mirror.get(REFERRERS);
      expect(answer.status).toBe(404);
      expect(answer.error?.code).toBe("MANIFEST_UNKNOWN");
      expect((await mirror.head(REFERRERS)).status).toBe(404);
    },
  );

  it.each([401, 403])(
    "[43] are MANIFEST_UNKNOWN while the registry refuses them with %i, and asked for again",
    async (code) => {
      const mirror = await createSigned();
      mirror.hub.intercept(when({ path: /referrers/ }, () => status(code)));
      const answer = await mirror.get(REFERRERS);
      expect([answer.status, answer.error?.code]).toEqual([404, "MANIFEST_UNKNOWN"]);
      mirror.hub.intercept(null);
      expect(JSON.parse((await mirror.get(REFERRERS)).text).manifests.length).toBe(3);
    },
  );

  it("[43] [30a] that are known answer while the registry refuses them with 401, and not with 403", async () => {
    const mirror = await createSigned();
    const known = await mirror.get(REFERRERS);
    mirror.clock.advance(60);
    mirror.hub.intercept(when({ path: /referrers/ }, () => status(401)));
    const stale = await mirror.get(REFERRERS);
    expect([stale.status, stale.text]).toEqual([200, known.text]);
    expect(stale.headers.get("warning")).toMatch(/^299 - "/);
    mirror.hub.intercept(when({ path: /referrers/ }, () => status(403)));
    expect((await mirror.get(REFERRERS)).status).toBe(404);
  });

  it("[43] [30] are MANIFEST_UNKNOWN for an unknown repository", async () => {
    const mirror = await createSigned();
    const answer = await mirror.get(`/v2/none/referrers/${OCI_MANIFEST.digest}`);
    expect(answer.status).toBe(404);
    expect(answer.error?.code).toBe("MANIFEST_UNKNOWN");
  });

  it("[43] [A6] of an image that is not public are NAME_UNKNOWN, as those of a missing one", async () => {
    const mirror = createMirror({
      env: { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" },
      hub: {
        accounts: { sampan: "hunter2" },
        privateRepositories: { "sampan/secret": ["sampan"] },
      },
    });
    mirror.hub.push("sampan/secret", "1", imageOf(OCI_MANIFEST));
    for (const name of ["sampan/secret", "sampan/none"]) {
      const answer = await mirror.get(`/v2/${name}/referrers/${OCI_MANIFEST.digest}`);
      expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    }
  });
});
