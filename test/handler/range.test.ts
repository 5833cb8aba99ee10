import { describe, expect, it } from "vitest";
import { imageOf, imageWithBlob, LARGE_BLOB, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { once, when } from "../support/hub/faults.ts";
import { status, withHeaders } from "../support/hub/responses.ts";
import { type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const PATH = `/v2/busybox/blobs/${LAYER.digest}`;

/** A mirror that has blobs in memory only, so that the upstream sees every other request. */
function createStocked(): Mirror {
  const mirror = createMirror({ env: { BLOB_MAX_BYTES: 0 } });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  mirror.hub.push("library/busybox", null, imageWithBlob(LARGE_BLOB));
  return mirror;
}

describe.each(["streamed", "cached"])("a range of a blob that is %s", (kind) => {
  async function createReady(): Promise<Mirror> {
    const mirror = createStocked();
    if (kind === "cached") await mirror.warm(PATH);
    return mirror;
  }

  it.each([
    ["bytes=0-3", "the ", "bytes 0-3/29"],
    ["bytes=4-7", "only", "bytes 4-7/29"],
    ["bytes=23-", "image\n", "bytes 23-28/29"],
    ["bytes=0-", LAYER.text, "bytes 0-28/29"],
    ["bytes=23-1000", "image\n", "bytes 23-28/29"],
    ["bytes=-6", "image\n", "bytes 23-28/29"],
    ["bytes=-1000", LAYER.text, "bytes 0-28/29"],
    ["bytes=28-28", "\n", "bytes 28-28/29"],
  ])("[22] is answered 206: %s", async (range, text, contentRange) => {
    const mirror = await createReady();
    const answer = await mirror.get(PATH, { range });
    expect(answer.status).toBe(206);
    expect(answer.text).toBe(text);
    expect(answer.headers.get("content-range")).toBe(contentRange);
    expect(answer.headers.get("content-length")).toBe(String(text.length));
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    expect(answer.headers.get("docker-content-digest")).toBe(LAYER.digest);
    expect(answer.headers.get("etag")).toBe(`"${LAYER.digest}"`);
    expect(answer.headers.get("accept-ranges")).toBe("bytes");
    expect(mirror.calls().length).toBe(kind === "cached" ? 0 : 4);
  });

  it.each(["bytes=5-4", "bytes=a-b", "bytes=", "bytes=-", "lines=0-3", "0-3"])(
    "[22] is ignored if it is invalid: %s",
    async (range) => {
      const mirror = await createReady();
      const answer = await mirror.get(PATH, { range });
      expect(answer.status).toBe(200);
      expect(answer.text).toBe(LAYER.text);
      expect(mirror.hub.requests.some(({ headers }) => headers.has("range"))).toBe(false);
    },
  );

  it.each(["bytes=29-", "bytes=1000-2000"])("[23] is 416 past the end: %s", async (range) => {
    const mirror = await createReady();
    const answer = await mirror.get(PATH, { range });
    expect(answer.status).toBe(416);
    expect(answer.headers.get("content-range")).toBe("bytes */29");
    expect(answer.error?.code).toBe("RANGE_INVALID");
  });

  it("[24] is the whole for several ranges if the storage supports one", async () => {
    const mirror = await createReady();
    const answer = await mirror.get(PATH, { range: "bytes=0-1,4-5" });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(LAYER.text);
  });

  it("[22] is used with If-Range if that names the digest", async () => {
    const mirror = await createReady();
    const range = "bytes=0-3";
    const ask = (ifRange: string) => mirror.get(PATH, { range, "if-range": ifRange });
    expect((await ask(`"${LAYER.digest}"`)).status).toBe(206);
    for (const other of [`"other"`, `W/"${LAYER.digest}"`, "Thu, 01 Jan 2026 00:00:00 GMT"]) {
      expect((await ask(other)).text).toBe(LAYER.text);
    }
  });
});

describe("a range", () => {
  it("[22] of a large blob is passed on, and not cached", async () => {
    const mirror = createStocked();
    const path = `/v2/busybox/blobs/${LARGE_BLOB.digest}`;
    const answer = await mirror.get(path, { range: "bytes=1000000-" });
    expect(answer.status).toBe(206);
    expect(answer.headers.get("content-range")).toBe("bytes 1000000-1499999/1500000");
    expect(answer.bytes.length).toBe(500_000);
    expect(mirror.hub.requests.at(-1)?.headers.get("range")).toBe("bytes=1000000-");
    await mirror.get(path, { range: "bytes=1000000-" });
    expect(mirror.hub.count({ host: "storage" })).toBe(2);
  });

  it("[22] without a total from the storage takes it by a GET of one byte", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(
      once({ host: "storage" }, async (next) =>
        withHeaders(await next(), { "content-range": "bytes 4-7/*" }),
      ),
    );
    const answer = await mirror.get(PATH, { range: "bytes=4-7" });
    expect([answer.status, answer.text]).toEqual([206, "only"]);
    expect(answer.headers.get("content-range")).toBe("bytes 4-7/29");
    const ranges = mirror.hub.requests.map(({ headers }) => headers.get("range")).slice(2);
    expect(ranges).toEqual(["bytes=4-7", "bytes=4-7", "bytes=0-0"]);
  });

  it("[22] without a total from the registry takes it by HEAD", async () => {
    const mirror = createStocked();
    const headers = { "content-range": "bytes 4-7/*" };
    mirror.hub.intercept(
      when({ host: "registry", method: "GET", path: /\/blobs\// }, () => {
        return new Response("only", { status: 206, headers });
      }),
    );
    const answer = await mirror.get(PATH, { range: "bytes=4-7" });
    expect([answer.status, answer.text]).toEqual([206, "only"]);
    expect(answer.headers.get("content-range")).toBe("bytes 4-7/29");
    expect(mirror.hub.count({ host: "storage", method: "HEAD" })).toBe(1);
  });

  it("[22] is UNAVAILABLE if the storage does not report the range", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(
      when({ host: "storage" }, async (next) =>
        withHeaders(await next(), { "content-range": null }),
      ),
    );
    const answer = await mirror.get(PATH, { range: "bytes=4-7" });
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
  });

  it.each(["3", "5"])(
    "[22] is UNAVAILABLE if its length differs: %s of 4 bytes",
    async (length) => {
      const mirror = createStocked();
      mirror.hub.intercept(
        when({ host: "storage" }, async (next) =>
          withHeaders(await next(), { "content-length": length }),
        ),
      );
      const answer = await mirror.get(PATH, { range: "bytes=4-7" });
      expect(answer.status).toBe(502);
      expect(answer.error?.code).toBe("UNAVAILABLE");
    },
  );

  it("[22] is the whole if the storage supports no ranges", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ host: "storage" }, () => new Response(LAYER.bytes)));
    const answer = await mirror.get(PATH, { range: "bytes=4-7" });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(LAYER.text);
  });

  it("[23] is 416 with the length if the storage does not report it", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(
      when({ host: "storage", method: "GET" }, async (next) =>
        withHeaders(await next(), { "content-range": null }),
      ),
    );
    const answer = await mirror.get(PATH, { range: "bytes=29-" });
    expect(answer.status).toBe(416);
    expect(answer.headers.get("content-range")).toBe("bytes */29");
  });

  it("[24] in several parts keeps its media type", async () => {
    const mirror = createStocked();
    const type = "multipart/byteranges; boundary=abc";
    const parts = new Response("--abc--", { status: 206, headers: { "content-type": type } });
    mirror.hub.intercept(when({ host: "storage" }, () => parts));
    const answer = await mirror.get(PATH, { range: "bytes=0-1, 4-5" });
    expect(answer.status).toBe(206);
    expect(answer.text).toBe("--abc--");
    expect(answer.headers.get("content-type")).toBe(type);
    expect(answer.headers.get("content-range")).toBeNull();
    expect(mirror.hub.requests.at(-1)?.headers.get("range")).toBe("bytes=0-1,4-5");
  });

  it("[24] in several parts may be rejected", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ host: "storage" }, () => status(400)));
    const answer = await mirror.get(PATH, { range: "bytes=0-1,4-5" });
    expect(answer.status).toBe(400);
    expect(answer.error?.code).toBe("RANGE_INVALID");
    expect((await mirror.get(PATH)).status).toBe(502);
  });
});
