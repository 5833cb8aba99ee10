import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status, withHeaders } from "../support/hub/responses.ts";
import { type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const TAGS = "/v2/busybox/tags/list";
const BLOB = `/v2/busybox/blobs/${LAYER.digest}`;
const OCI = "application/vnd.oci.image.manifest.v1+json";
const KIB = 1024;
const MIB = 1024 * KIB;

function createStocked(): Mirror {
  const mirror = createMirror();
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

/** A body that goes on for `bytes`, and counts how many were taken and whether it was let go. */
function createFlood(start: string, bytes: number) {
  const flood = { taken: 0, isLetGo: false };
  const piece = new TextEncoder().encode("a".repeat(16 * KIB));
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(new TextEncoder().encode(start)),
      pull(controller) {
        flood.taken += piece.length;
        if (flood.taken <= bytes) controller.enqueue(piece);
        else controller.close();
      },
      cancel() {
        flood.isLetGo = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { flood, body };
}

describe("an Accept of a thousand types", () => {
  const others = Array.from({ length: 1_000 }, (_, n) => `application/x-${n};q=0.${n}`);

  it("[17] asks for the known type, with the same cache entry", async () => {
    const mirror = createStocked();
    const accept = [...others, `${OCI};q=0.001`, ...others].join(", ");
    expect((await mirror.get(TAG, { accept })).text).toBe(OCI_MANIFEST.text);
    const asked = mirror.hub.requests.find(({ method }) => method === "HEAD");
    expect(asked?.headers.get("accept")).toBe(OCI);
    mirror.calls();
    expect((await mirror.get(TAG, { accept: OCI })).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual([]);
  });
});

describe("ns given a thousand times", () => {
  it("[6] is one registry if all values agree", async () => {
    const mirror = createStocked();
    const names = ["docker.io", "index.docker.io", "registry-1.docker.io"];
    const query = Array.from({ length: 999 }, (_, n) => `ns=${names[n % 3]}`).join("&");
    const answer = await mirror.get(`${TAG}?${query}`);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(answer.headers.get("oci-namespace")).toBe("docker.io");
  });
});

describe("two Range headers", () => {
  it.each([
    ["bytes=0-3", "bytes=0-3"],
    ["bytes=0-3", "bytes=4-7"],
    ["bytes=0-3", "lines=4-7"],
    ["", "bytes=0-3"],
  ])("[22] are ignored: %j and %j", async (...lines) => {
    const mirror = createStocked();
    const headers = new Headers();
    for (const line of lines) headers.append("range", line);
    for (const origin of ["upstream", "cache"]) {
      const answer = await mirror.get(BLOB, headers);
      expect([origin, answer.status, answer.text]).toEqual([origin, 200, LAYER.text]);
      expect(answer.headers.get("content-range")).toBeNull();
    }
    expect(mirror.hub.requests.some(({ headers }) => headers.has("range"))).toBe(false);
  });

  it("[24] with a thousand parts get the whole from the cache", async () => {
    const mirror = createStocked();
    await mirror.warm(BLOB);
    const answer = await mirror.get(BLOB, { range: `bytes=${"0-0,".repeat(999)}0-0` });
    expect([answer.status, answer.text]).toEqual([200, LAYER.text]);
    expect(mirror.calls()).toEqual([]);
  });
});

describe("a query of 8 KB", () => {
  const JUNK = `x=${"%00".repeat(2_700)}`;

  it.each([TAG, BLOB, `/v2/busybox/manifests/${OCI_MANIFEST.digest}`])(
    "[G3] is not sent upstream: %s",
    async (path) => {
      const mirror = createStocked();
      expect((await mirror.get(`${path}?${JUNK}`)).status).toBe(200);
      const toRegistry = mirror.hub.requests.filter(({ host }) => host === "registry");
      expect(toRegistry.filter(({ query }) => query.size > 0)).toEqual([]);
      expect(JSON.stringify(mirror.log)).not.toContain("%00");
      mirror.calls();
      expect((await mirror.get(path)).status).toBe(200);
      expect(mirror.calls()).toEqual([]);
    },
  );

  it.each([
    [400, 400, "PAGINATION_NUMBER_INVALID"],
    [414, 502, "UNAVAILABLE"],
    [431, 502, "UNAVAILABLE"],
  ])("[38] of a list that the upstream rejects with %i is %i", async (code, expected, name) => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /tags/ }, () => status(code)));
    const answer = await mirror.get(`${TAGS}?${JUNK}`);
    expect([answer.status, answer.error?.code]).toEqual([expected, name]);
    expect(answer.bytes.length).toBeLessThan(1_024);
    mirror.hub.intercept(null);
    expect((await mirror.get(TAGS)).status).toBe(200);
  });

  it("[40] with letters for n is rejected in a short response, with digits sent upstream", async () => {
    const mirror = createStocked();
    const letters = await mirror.get(`${TAGS}?n=${"a".repeat(8_192)}`);
    expect([letters.status, letters.bytes.length < 1_024]).toEqual([400, true]);
    expect(mirror.calls()).toEqual([]);
    const digits = await mirror.get(`${TAGS}?n=${"9".repeat(8_192)}`);
    expect([200, 400]).toContain(digits.status);
  });

  it("[7] for ns is rejected in a short response", async () => {
    const mirror = createStocked();
    const answer = await mirror.get(`${TAG}?ns=${"a.".repeat(4_096)}`);
    expect([answer.status, answer.bytes.length < 1_024]).toEqual([404, true]);
    expect(answer.headers.get("oci-namespace")).toBeNull();
    expect(mirror.calls()).toEqual([]);
  });
});

describe("an endless body", () => {
  it("[37] of the token service is cancelled", async () => {
    const mirror = createStocked();
    const { flood, body } = createFlood('{"token":"', Number.POSITIVE_INFINITY);
    mirror.hub.intercept(when({ host: "auth" }, () => new Response(body)));
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(502);
    expect(answer.error).toMatchObject({
      code: "UNAVAILABLE",
      message: "library/busybox: auth.docker.io answered without a token; try again",
    });
    expect(flood.isLetGo).toBe(true);
    expect(flood.taken).toBeLessThanOrEqual(128 * KIB);
    mirror.hub.intercept(null);
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
  });

  it("[37] of a list is cancelled at its limit", async () => {
    const mirror = createStocked();
    for (const headers of [{}, { "content-length": String(100 * MIB) }]) {
      const { flood, body } = createFlood('{"tags":["', 100 * MIB);
      mirror.hub.intercept(when({ path: /tags/ }, () => new Response(body, { headers })));
      const answer = await mirror.get(TAGS);
      expect(answer.status).toBe(502);
      expect(answer.error?.code).toBe("UNAVAILABLE");
      expect(answer.bytes.length).toBeLessThan(KIB);
      expect(flood.isLetGo).toBe(true);
      expect(flood.taken).toBeLessThanOrEqual(9 * MIB);
    }
    mirror.hub.intercept(null);
    expect(JSON.parse((await mirror.get(TAGS)).text).tags).toEqual(["1.36"]);
  });

  it.each([401, 403, 404, 429, 500])("[G2] of an error is cancelled: %i", async (code) => {
    const mirror = createStocked();
    const { flood, body } = createFlood('{"errors":"', Number.POSITIVE_INFINITY);
    mirror.hub.intercept(when({ path: /tags/ }, () => new Response(body, { status: code })));
    const answer = await mirror.get(TAGS);
    expect(answer.bytes.length).toBeLessThan(KIB);
    expect(answer.text).not.toContain("aaaa");
    expect(flood.taken).toBeLessThanOrEqual(64 * KIB);
  });
});

describe("a Link of megabytes", () => {
  async function getLinked(link: string): Promise<string | null> {
    const mirror = createStocked();
    mirror.hub.intercept(
      when({ path: /tags/ }, async (next) => withHeaders(await next(), { link })),
    );
    const answer = await mirror.get(TAGS);
    expect(JSON.parse(answer.text)).toEqual({ name: "busybox", tags: ["1.36"] });
    return answer.headers.get("link");
  }

  it.each([
    ["one target", `</next?page=${"a".repeat(2 * MIB)}>; rel="next"`],
    ["many that are not next", '</first?page=1>; rel="first", '.repeat(80_000)],
    ["the next after many", `${'<a>; rel="up", '.repeat(80_000)}</next?page=2>; rel="next"`],
    ["nothing but openings", "<".repeat(2 * MIB)],
    ["a quote that never ends", `</next?page=2>; title="${"\\a".repeat(MIB)}`],
  ])("[38] is ignored: %s", async (_, link) => {
    expect(await getLinked(link)).toBeNull();
  });

  it("[38] is used if the next page comes first", async () => {
    const link = `</next?page=2>; rel="next"${', <a>; rel="up"'.repeat(80_000)}`;
    expect(await getLinked(link)).toBe('</v2/busybox/tags/list?page=2>; rel="next"');
  });
});
