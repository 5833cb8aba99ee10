import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { either, when } from "../support/hub/faults.ts";
import { status, withHeaders } from "../support/hub/responses.ts";
import { HANDSHAKE, type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const PATH = `/v2/busybox/blobs/${LAYER.digest}`;

function createStocked(): Mirror {
  const mirror = createMirror();
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

/** The hosts and methods only. */
function methods(mirror: Mirror): string[] {
  return mirror
    .calls()
    .slice(HANDSHAKE.length)
    .map((call) => call.split(" ", 2).join(" "));
}

const WITH_HEAD = ["registry HEAD", "storage HEAD"];
const THEN_GET = ["registry GET", "storage GET"];

describe("HEAD of a blob", () => {
  it("[24] tells its length", async () => {
    const mirror = createStocked();
    const answer = await mirror.head(PATH);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-length")).toBe("29");
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    expect(answer.headers.get("docker-content-digest")).toBe(LAYER.digest);
    expect(answer.headers.get("etag")).toBe(`"${LAYER.digest}"`);
    expect(answer.headers.get("accept-ranges")).toBe("bytes");
    expect(methods(mirror)).toEqual(WITH_HEAD);
  });

  it("[24] asks nobody about a blob at hand", async () => {
    const mirror = createStocked();
    await mirror.warm(PATH);
    expect((await mirror.head(PATH)).headers.get("content-length")).toBe("29");
    expect(mirror.calls()).toEqual([]);
  });

  it("[24] has no use for a range", async () => {
    const mirror = createStocked();
    const answer = await mirror.head(PATH, { range: "bytes=4-7" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-length")).toBe("29");
  });

  it.each([400, 401, 403, 405, 501])(
    "[24] is done by a GET of one byte if the storage answers %i",
    async (code) => {
      const mirror = createStocked();
      mirror.hub.intercept(when({ host: "storage", method: "HEAD" }, () => status(code)));
      const answer = await mirror.head(PATH);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-length")).toBe("29");
      expect(methods(mirror)).toEqual([...WITH_HEAD, ...THEN_GET]);
      expect(mirror.hub.requests.at(-1)?.headers.get("range")).toBe("bytes=0-0");
    },
  );

  it.each([401, 403, 405])(
    "[24] is done by a GET of one byte if the registry answers %i to HEAD",
    async (code) => {
      const mirror = createStocked();
      const refusal = () => status(code);
      mirror.hub.intercept(when({ host: "registry", method: "HEAD" }, refusal));
      const answer = await mirror.head(PATH);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-length")).toBe("29");
      expect(mirror.hub.count({ method: "GET", host: "storage" })).toBe(1);
    },
  );

  it("[24] is done by a GET of one byte if the storage tells no length", async () => {
    const mirror = createStocked();
    const silent = when({ host: "storage", method: "HEAD" }, async (next) =>
      withHeaders(await next(), { "content-length": null }),
    );
    mirror.hub.intercept(silent);
    expect((await mirror.head(PATH)).headers.get("content-length")).toBe("29");
    expect(methods(mirror)).toEqual([...WITH_HEAD, ...THEN_GET]);
  });

  it("[24] knows a blob of no bytes", async () => {
    const mirror = createStocked();
    const refused = when({ host: "storage", method: "HEAD" }, () => status(403));
    const empty = when({ host: "storage" }, () => status(416, { "content-range": "bytes */0" }));
    mirror.hub.intercept(either(refused, empty));
    expect((await mirror.head(PATH)).headers.get("content-length")).toBe("0");
  });

  it("[24] [27] of what is not there is 404", async () => {
    const mirror = createMirror();
    mirror.hub.push("library/busybox", "1.36", { ...imageOf(OCI_MANIFEST), blobs: new Map() });
    expect((await mirror.head(PATH)).status).toBe(404);
    expect(methods(mirror)).toEqual(["registry HEAD"]);
  });

  it("[24] [23] fails if the storage refuses everything", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ host: "storage" }, () => status(403)));
    expect((await mirror.head(PATH)).status).toBe(502);
    expect(methods(mirror)).toEqual([...WITH_HEAD, ...THEN_GET, ...THEN_GET]);
  });
});
