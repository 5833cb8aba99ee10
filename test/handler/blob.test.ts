import { describe, expect, it } from "vitest";
import {
  CONFIG,
  imageOf,
  imageWithBlob,
  LARGE_BLOB,
  LAYER,
  OCI_MANIFEST,
} from "../support/contents.ts";
import { breakAfter, either, truncate, when } from "../support/hub/faults.ts";
import { status, withHeaders } from "../support/hub/responses.ts";
import {
  HANDSHAKE,
  type Mirror,
  type MirrorOptions,
  useMirrors,
} from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const LAYER_PATH = `/v2/busybox/blobs/${LAYER.digest}`;
const LARGE_PATH = `/v2/busybox/blobs/${LARGE_BLOB.digest}`;
const REGISTRY_GET = `registry GET /v2/library/busybox/blobs/${LAYER.digest}`;
const STORAGE = /^storage GET \/registry-v2\/docker\/registry\/v2\/blobs\/sha256\/3b\/3b4d9220/;
const STORAGE_GET = { host: "storage", method: "GET" } as const;
const WITH_HEAD = ["registry HEAD", "storage HEAD"];
const THEN_GET = ["registry GET", "storage GET"];

/** The same response, which does not tell its length. */
function untold(response: Response): Response {
  return withHeaders(response, { "content-length": null });
}

/** A mirror that has blobs in memory only, so that the upstream sees every other request. */
function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror({ env: { BLOB_MAX_BYTES: 0 }, ...options });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  mirror.hub.push("library/busybox", null, imageWithBlob(LARGE_BLOB));
  return mirror;
}

/** A mirror of small blobs only, with an edge cache. */
function createSmall(): Mirror {
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

describe("a blob", () => {
  it("[21] comes from the location of the registry's redirect", async () => {
    const mirror = createStocked();
    const answer = await mirror.get(LAYER_PATH);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(LAYER.text);
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    expect(answer.headers.get("content-length")).toBe("29");
    expect(answer.headers.get("docker-content-digest")).toBe(LAYER.digest);
    expect(answer.headers.get("etag")).toBe(`"${LAYER.digest}"`);
    expect(answer.headers.get("accept-ranges")).toBe("bytes");
    expect(answer.headers.get("cache-control")).toBe(
      "public, max-age=31536000, immutable, no-transform",
    );
    expect(mirror.calls()).toEqual([...HANDSHAKE, REGISTRY_GET, expect.stringMatching(STORAGE)]);
  });

  it("[21] has the same headers if it is large, and is not in memory", async () => {
    const mirror = createStocked();
    for (let times = 1; times <= 2; times++) {
      const answer = await mirror.get(LARGE_PATH);
      expect(answer.headers.get("content-length")).toBe("1500000");
      expect(answer.headers.get("content-type")).toBe("application/octet-stream");
      expect(answer.bytes.every((byte) => byte === 7)).toBe(true);
      expect(mirror.hub.count({ host: "storage" })).toBe(times);
    }
  });

  it("[21] is read only as fast as the client reads, if it is large", async () => {
    const mirror = createStocked();
    let chunks = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        chunks += 1;
        controller.enqueue(new Uint8Array(100_000).fill(7));
        if (chunks === 15) controller.close();
      },
    });
    mirror.hub.intercept(
      when({ host: "storage" }, async (next) => new Response(body, await next())),
    );
    const response = await mirror.send(LARGE_PATH);
    const reader = response.body?.getReader();
    let size = (await reader?.read())?.value?.length ?? 0;
    expect(chunks).toBeLessThanOrEqual(2);
    for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
      size += next.value.length;
    }
    expect(size).toBe(1_500_000);
  });

  it("[21] is cached if it is small, but not in KV", async () => {
    const mirror = createSmall();
    await mirror.warm(LAYER_PATH);
    expect((await mirror.get(LAYER_PATH)).text).toBe(LAYER.text);
    mirror.restart();
    expect((await mirror.get(LAYER_PATH)).text).toBe(LAYER.text);
    expect(mirror.calls()).toEqual([]);
    expect(mirror.kv.written()).toEqual([]);
    mirror.restart("elsewhere");
    expect((await mirror.get(LAYER_PATH)).text).toBe(LAYER.text);
    expect(mirror.hub.count({ host: "storage" })).toBe(2);
  });

  it("[21] that is in memory for one repository does not answer for another", async () => {
    const mirror = createStocked();
    mirror.hub.push("grafana/grafana", "1", { ...imageOf(OCI_MANIFEST), blobs: new Map() });
    await mirror.warm(LAYER_PATH);
    const answer = await mirror.get(`/v2/grafana/grafana/blobs/${LAYER.digest}`);
    expect(answer.error?.code).toBe("BLOB_UNKNOWN");
  });

  it("[21] is passed on byte for byte, whatever the storage's headers", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(
      when({ host: "storage" }, async (next) =>
        withHeaders(await next(), { "content-encoding": "gzip", "content-type": "text/html" }),
      ),
    );
    for (const path of [LAYER_PATH, LARGE_PATH]) {
      const answer = await mirror.get(path);
      expect(answer.headers.get("content-encoding")).toBeNull();
      expect(answer.headers.get("content-type")).toBe("application/octet-stream");
      expect(answer.headers.get("content-length")).toBe(path === LAYER_PATH ? "29" : "1500000");
    }
    const encodings = mirror.sent.map(({ init }) => init.encodeResponseBody);
    expect(encodings).toEqual([undefined, undefined, "manual", "manual", "manual", "manual"]);
  });

  it.each([LAYER_PATH, LARGE_PATH])(
    "[21] [26] has the length that a GET of one byte reports, if the response has none: %s",
    async (path) => {
      const mirror = createStocked();
      const whole = await mirror.get(path);
      mirror.restart("elsewhere");
      mirror.hub.intercept(when(STORAGE_GET, async (next) => untold(await next())));
      const answer = await mirror.get(path);
      expect(answer.bytes).toEqual(whole.bytes);
      expect(answer.headers.get("content-length")).toBe(String(whole.bytes.byteLength));
    },
  );

  it.each([LAYER_PATH, LARGE_PATH])(
    "[27] with a length from a second request breaks if it ends early, and is not cached: %s",
    async (path) => {
      const mirror = createStocked();
      mirror.hub.intercept(when(STORAGE_GET, async (next) => untold(truncate(await next(), 20))));
      const response = await mirror.send(path);
      await expect(response.arrayBuffer()).rejects.toThrow("FixedLengthStream");
      await mirror.settle();
      mirror.hub.intercept(null);
      expect((await mirror.get(path)).status).toBe(200);
      expect(mirror.hub.count(STORAGE_GET)).toBe(3);
    },
  );

  it("[21] has no length if no response reports one", async () => {
    const mirror = createStocked();
    const none = { "content-length": null, "content-range": null };
    mirror.hub.intercept(
      when({ host: "storage" }, async (next) => withHeaders(await next(), none)),
    );
    const answer = await mirror.get(LAYER_PATH);
    expect(answer.text).toBe(LAYER.text);
    expect(answer.headers.get("content-length")).toBeNull();
  });

  it("[21] may come from the registry itself", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(
      when({ host: "registry", path: /\/blobs\// }, () => new Response(CONFIG.bytes)),
    );
    expect((await mirror.get(`/v2/busybox/blobs/${CONFIG.digest}`)).text).toBe(CONFIG.text);
    expect(mirror.hub.count({ host: "storage" })).toBe(0);
  });

  it.each([LAYER_PATH, LARGE_PATH])(
    "[27] that breaks off breaks the client's connection: %s",
    async (path) => {
      const mirror = createStocked();
      mirror.hub.intercept(when({ host: "storage" }, async (next) => breakAfter(await next(), 20)));
      const response = await mirror.send(path);
      expect(response.status).toBe(200);
      await expect(response.arrayBuffer()).rejects.toThrow("Network connection lost.");
      await mirror.settle();
      mirror.hub.intercept(null);
      expect((await mirror.get(path)).status).toBe(200);
      expect(mirror.hub.count({ host: "storage" })).toBe(2);
    },
  );

  it("[28] that is missing is BLOB_UNKNOWN, and not remembered", async () => {
    const mirror = createMirror();
    mirror.hub.push("library/busybox", "1.36", { ...imageOf(OCI_MANIFEST), blobs: new Map() });
    for (const ask of [mirror.get, mirror.head]) {
      const answer = await ask(LAYER_PATH);
      expect(answer.status).toBe(404);
      if (ask === mirror.get) expect(answer.error?.code).toBe("BLOB_UNKNOWN");
    }
    mirror.hub.push("library/busybox", null, imageOf(OCI_MANIFEST));
    expect((await mirror.get(LAYER_PATH)).text).toBe(LAYER.text);
  });

  it("[28] that is missing in the storage is BLOB_UNKNOWN", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ host: "storage" }, () => status(404)));
    expect((await mirror.get(LAYER_PATH)).error?.code).toBe("BLOB_UNKNOWN");
  });
});

describe("a refusal of the storage", () => {
  it("[25] with 403 is followed by one request for a new signature", async () => {
    const mirror = createStocked({ hub: { blobUrlSeconds: 5 } });
    let refused = 0;
    mirror.hub.intercept(
      when({ host: "storage" }, (next) => {
        if (refused === 0) mirror.clock.advance(6);
        refused += 1;
        return next();
      }),
    );
    expect((await mirror.get(LAYER_PATH)).text).toBe(LAYER.text);
    expect(mirror.calls()).toEqual([
      ...HANDSHAKE,
      REGISTRY_GET,
      expect.stringMatching(STORAGE),
      REGISTRY_GET,
      expect.stringMatching(STORAGE),
    ]);
  });

  it.each([{}, { range: "bytes=0-1" }])(
    "[25] with 403 twice is UNAVAILABLE: %o",
    async (headers) => {
      const mirror = createStocked();
      mirror.hub.intercept(when({ host: "storage" }, () => status(403)));
      const answer = await mirror.get(LAYER_PATH, headers);
      expect(answer.status).toBe(502);
      expect(answer.error?.code).toBe("UNAVAILABLE");
      expect(mirror.hub.count({ host: "storage" })).toBe(2);
      expect(mirror.hub.count({ host: "registry", path: /\/blobs\// })).toBe(2);
    },
  );

  it.each([400, 401, 405, 418])("[25] with status %i is UNAVAILABLE", async (code) => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ host: "storage" }, () => status(code)));
    const answer = await mirror.get(LAYER_PATH);
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
    expect(mirror.hub.count({ host: "storage" })).toBe(1);
  });
});

describe("HEAD of a blob", () => {
  it("[26] has its length", async () => {
    const mirror = createSmall();
    const answer = await mirror.head(LAYER_PATH);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-length")).toBe("29");
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    expect(answer.headers.get("docker-content-digest")).toBe(LAYER.digest);
    expect(answer.headers.get("etag")).toBe(`"${LAYER.digest}"`);
    expect(answer.headers.get("accept-ranges")).toBe("bytes");
    expect(methods(mirror)).toEqual(WITH_HEAD);
  });

  it("[26] takes no request for a cached blob", async () => {
    const mirror = createSmall();
    await mirror.warm(LAYER_PATH);
    expect((await mirror.head(LAYER_PATH)).headers.get("content-length")).toBe("29");
    expect(mirror.calls()).toEqual([]);
  });

  it("[26] ignores a range", async () => {
    const mirror = createSmall();
    const answer = await mirror.head(LAYER_PATH, { range: "bytes=4-7" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-length")).toBe("29");
  });

  it.each([400, 401, 403, 405, 501])(
    "[26] falls back to a GET of one byte if the storage answers %i",
    async (code) => {
      const mirror = createSmall();
      mirror.hub.intercept(when({ host: "storage", method: "HEAD" }, () => status(code)));
      const answer = await mirror.head(LAYER_PATH);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-length")).toBe("29");
      expect(methods(mirror)).toEqual([...WITH_HEAD, ...THEN_GET]);
      expect(mirror.hub.requests.at(-1)?.headers.get("range")).toBe("bytes=0-0");
    },
  );

  it.each([401, 403, 405])(
    "[26] falls back to a GET of one byte if the registry answers %i",
    async (code) => {
      const mirror = createSmall();
      const refusal = () => status(code);
      mirror.hub.intercept(when({ host: "registry", method: "HEAD" }, refusal));
      const answer = await mirror.head(LAYER_PATH);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-length")).toBe("29");
      expect(mirror.hub.count({ method: "GET", host: "storage" })).toBe(1);
    },
  );

  it("[26] falls back to a GET of one byte if the storage reports no length", async () => {
    const mirror = createSmall();
    const silent = when({ host: "storage", method: "HEAD" }, async (next) =>
      withHeaders(await next(), { "content-length": null }),
    );
    mirror.hub.intercept(silent);
    expect((await mirror.head(LAYER_PATH)).headers.get("content-length")).toBe("29");
    expect(methods(mirror)).toEqual([...WITH_HEAD, ...THEN_GET]);
  });

  it("[26] has length 0 for an empty blob", async () => {
    const mirror = createSmall();
    const refused = when({ host: "storage", method: "HEAD" }, () => status(403));
    const empty = when({ host: "storage" }, () => status(416, { "content-range": "bytes */0" }));
    mirror.hub.intercept(either(refused, empty));
    expect((await mirror.head(LAYER_PATH)).headers.get("content-length")).toBe("0");
  });

  it("[26] [28] is 404 for a missing blob", async () => {
    const mirror = createMirror();
    mirror.hub.push("library/busybox", "1.36", { ...imageOf(OCI_MANIFEST), blobs: new Map() });
    expect((await mirror.head(LAYER_PATH)).status).toBe(404);
    expect(methods(mirror)).toEqual(["registry HEAD"]);
  });

  it("[26] [25] is UNAVAILABLE if the storage refuses everything", async () => {
    const mirror = createSmall();
    mirror.hub.intercept(when({ host: "storage" }, () => status(403)));
    expect((await mirror.head(LAYER_PATH)).status).toBe(502);
    expect(methods(mirror)).toEqual([...WITH_HEAD, ...THEN_GET, ...THEN_GET]);
  });
});
