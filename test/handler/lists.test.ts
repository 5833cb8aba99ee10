import { describe, expect, it } from "vitest";
import { imageOf, OCI_INDEX, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status, withHeaders } from "../support/hub/responses.ts";
import type { HubOptions } from "../support/hub.ts";
import { buildArtifact } from "../support/image.ts";
import { HANDSHAKE, type Mirror, useMirrors } from "../support/mirror/in-process.ts";

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
    "[37] has the name that the client used: %s",
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

  it("[37] has the same headers for HEAD", async () => {
    const mirror = createStocked();
    const head = await mirror.head(PATH);
    expect(head.headers.get("content-length")).toBe("57");
    expect((await mirror.get(PATH)).text.length).toBe(57);
  });

  it.each(["relative", "absolute"] as const)(
    "[37] has pages, with %s links of the upstream",
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

  it("[37] has pages if the client sets no size", async () => {
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
  ])("[37] passes on any cursor: %s", async (link, query) => {
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
    "[37] has no next page: %s",
    async (link) => {
      const mirror = createStocked();
      mirror.hub.intercept(
        when({ path: /tags/ }, async (next) => withHeaders(await next(), { link })),
      );
      expect((await mirror.get(PATH)).headers.get("link")).toBeNull();
    },
  );

  it.each(['{"name":"library/busybox","tags":null}', '{"name":"library/busybox"}'])(
    "[37] may be empty: %s",
    async (text) => {
      const mirror = createStocked();
      mirror.hub.intercept(when({ path: /tags/ }, () => new Response(text)));
      expect((await mirror.get(PATH)).text).toBe('{"name":"busybox","tags":[]}');
    },
  );

  it.each(["<html>", "[]", '{"tags":"1.0"}', '{"tags":[1]}', '{"errors":[]}', ""])(
    "[37] [36] is UNAVAILABLE if it is unreadable: %o",
    async (text) => {
      const mirror = createStocked();
      mirror.hub.intercept(when({ path: /tags/ }, () => new Response(text)));
      const answer = await mirror.get(PATH);
      expect(answer.status).toBe(502);
      expect(answer.error?.code).toBe("UNAVAILABLE");
    },
  );

  it("[37] may have 200 KB", async () => {
    const mirror = createStocked();
    const tags = Array.from({ length: 10_000 }, (_, index) => `2026.01.15-${index}`);
    const list = () => Response.json({ name: "library/busybox", tags });
    mirror.hub.intercept(when({ path: /tags/ }, list));
    const answer = await mirror.get(PATH);
    expect(answer.bytes.length).toBeGreaterThan(150_000);
    expect(JSON.parse(answer.text)).toEqual({ name: "busybox", tags });
  });

  it("[37a] is cached for TAG_TTL_SECONDS", async () => {
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

  it.each(["n=0", "n=00", "n=0&last=1.0"])("[38] is empty for %s", async (query) => {
    const mirror = createStocked();
    const answer = await mirror.get(`${PATH}?${query}`);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"name":"busybox","tags":[]}');
    expect(answer.headers.get("link")).toBeNull();
    // Registries differ in what they take n=0 for; some have no limit then.
    expect(lastQuery(mirror)).toBe("n=1");
  });

  it("[38] [40] is NAME_UNKNOWN for an unknown repository and n=0", async () => {
    const mirror = createStocked();
    expect((await mirror.get("/v2/none/tags/list?n=0")).error?.code).toBe("NAME_UNKNOWN");
  });

  it.each(["-1", "", "1.5", "ten", "1e3", "%2B5", "0x10", "10%20"])(
    "[39] is an error for n=%s",
    async (n) => {
      const mirror = createStocked();
      const answer = await mirror.get(`${PATH}?n=${n}`);
      expect(answer.status).toBe(400);
      expect(answer.error?.code).toBe("PAGINATION_NUMBER_INVALID");
      expect((await mirror.head(`${PATH}?n=${n}`)).status).toBe(400);
      expect(mirror.calls()).toEqual([]);
    },
  );

  it("[39] is an error for an n that the upstream rejects", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /tags/ }, () => status(400)));
    const answer = await mirror.get(`${PATH}?n=1000000`);
    expect(answer.status).toBe(400);
    expect(answer.error?.code).toBe("PAGINATION_NUMBER_INVALID");
  });

  it("[39] [36] is UNAVAILABLE if the upstream rejects a request without n", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /tags/ }, () => status(400)));
    const answer = await mirror.get(PATH);
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
  });

  it.each([401, 404])("[40] is NAME_UNKNOWN for an unknown repository: %i", async (code) => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /tags/ }, () => status(code)));
    const answer = await mirror.get(PATH);
    expect(answer.status).toBe(404);
    expect(answer.error?.code).toBe("NAME_UNKNOWN");
  });
});

describe("referrers", () => {
  it("[41] are the upstream's OCI index", async () => {
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

  it("[41] are filtered by the upstream, and OCI-Filters-Applied is passed on", async () => {
    const mirror = await createSigned();
    const answer = await mirror.get(`${REFERRERS}?artifactType=${SIGNATURE}&ns=docker.io`);
    expect(JSON.parse(answer.text).manifests.length).toBe(2);
    expect(answer.headers.get("oci-filters-applied")).toBe("artifactType");
    expect(answer.headers.get("oci-namespace")).toBe("docker.io");
    expect([...(mirror.hub.requests.at(-1)?.query ?? [])]).toEqual([["artifactType", SIGNATURE]]);
  });

  it.each(["relative", "absolute"] as const)(
    "[41] have pages, with %s links of the upstream",
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

  it("[41] are an empty index if there are none", async () => {
    const mirror = await createSigned();
    const answer = await mirror.get(`/v2/busybox/referrers/${OCI_INDEX.digest}`);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text).manifests).toEqual([]);
  });

  it.each(["<html>", "[]", '{"manifests":{}}'])(
    "[41a] [42] are MANIFEST_UNKNOWN if the response is not an index: %s",
    async (text) => {
      const mirror = await createSigned();
      mirror.hub.intercept(when({ path: /referrers/ }, () => new Response(text)));
      const answer = await mirror.get(REFERRERS);
      expect(answer.status).toBe(404);
      expect(answer.error?.code).toBe("MANIFEST_UNKNOWN");
    },
  );

  it.each([404, 400, 405, 406, 410, 501])(
    "[42] are MANIFEST_UNKNOWN if the upstream does not have them: %i",
    async (code) => {
      const mirror = await createSigned();
      mirror.hub.intercept(when({ path: /referrers/ }, () => status(code)));
      const answer = await mirror.get(REFERRERS);
      expect(answer.status).toBe(404);
      expect(answer.error?.code).toBe("MANIFEST_UNKNOWN");
      expect((await mirror.head(REFERRERS)).status).toBe(404);
    },
  );

  it("[42] [29] are NAME_UNKNOWN for an unknown repository", async () => {
    const mirror = await createSigned();
    const answer = await mirror.get(`/v2/none/referrers/${OCI_MANIFEST.digest}`);
    expect(answer.status).toBe(404);
    expect(answer.error?.code).toBe("NAME_UNKNOWN");
  });
});
