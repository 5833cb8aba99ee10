import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { withHeaders } from "../support/hub/responses.ts";
import { type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const TAGS = "/v2/busybox/tags/list";
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

describe("an upstream that sends more than anybody could want", () => {
  it("[36] a token service's endless reply is let go of", async () => {
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

  it("[36] a list of 100 MB is let go of, however its length is told", async () => {
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

  it.each([401, 403, 404, 429, 500])("[G2] an endless error is let go of: %i", async (code) => {
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
  ])("[37] leads nowhere: %s", async (_, link) => {
    expect(await getLinked(link)).toBeNull();
  });

  it("[37] leads on if that stands in front", async () => {
    const link = `</next?page=2>; rel="next"${', <a>; rel="up"'.repeat(80_000)}`;
    expect(await getLinked(link)).toBe('</v2/busybox/tags/list?page=2>; rel="next"');
  });
});
