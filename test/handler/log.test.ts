import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import { type Mirror, type MirrorOptions, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const FROM = { "cf-connecting-ip": "198.51.100.7" };

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror(options);
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

function linesOf({ log }: Mirror) {
  return log.filter(({ event }) => event === "request").map(({ fields }) => fields);
}

describe("the log line of a request", () => {
  it("[L1] has client, image and result", async () => {
    const mirror = createStocked();
    await mirror.get(TAG, FROM);
    expect(linesOf(mirror)).toEqual([
      {
        time: "2026-01-15T12:00:00.000Z",
        method: "GET",
        client: "198.51.100.0/24",
        path: TAG,
        lock: null,
        registry: "docker.io",
        image: "library/busybox",
        reference: "1.36",
        status: 200,
        cache: "sampan; fwd=miss",
        bytes: OCI_MANIFEST.bytes.length,
        ms: 0,
        upstream: "registry-1.docker.io",
        upstreamRequests: 4,
      },
    ]);
  });

  it("[L1] has the cause of a failure", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ host: "registry" }, () => status(503)));
    await mirror.get(TAG, FROM);
    const [line] = linesOf(mirror);
    expect(line?.error).toBe("UNAVAILABLE");
    expect(line?.message).toContain("registry-1.docker.io answered with status 503");
  });

  it.each([
    ["reset" as const, "cannot be reached", "connection refused, reset or closed"],
    [status(521), "answered with status 521", "connection refused"],
    [status(522), "answered with status 522", "connection timed out"],
    [status(525), "answered with status 525", "TLS handshake failed"],
    [status(526), "answered with status 526", "invalid TLS certificate"],
    [status(530), "answered with status 530", "DNS lookup failed"],
  ])("[L1] [37] has the kind of a failed connection: %#", async (failure, message, reason) => {
    for (const host of ["registry", "auth"] as const) {
      const mirror = createStocked();
      mirror.hub.intercept(when({ host }, () => (failure === "reset" ? failure : failure.clone())));
      await mirror.get(TAG, FROM);
      const [line] = linesOf(mirror);
      expect(line).toMatchObject({ status: 502, error: "UNAVAILABLE", reason });
      expect(line?.message).toContain(message);
    }
  });

  it("[L1] [G2] has code, message and reason of an error, and no query or header", async () => {
    const mirror = createStocked();
    await mirror.head("/v2/busybox/manifests/none?secret=1", { authorization: "Basic eA==" });
    expect(linesOf(mirror)).toEqual([
      {
        time: "2026-01-15T12:00:00.000Z",
        method: "HEAD",
        client: null,
        path: "/v2/busybox/manifests/none",
        lock: null,
        registry: "docker.io",
        image: "library/busybox",
        reference: "none",
        status: 404,
        cache: null,
        bytes: 0,
        ms: 0,
        upstream: "registry-1.docker.io",
        upstreamRequests: 3,
        error: "MANIFEST_UNKNOWN",
        message: "library/busybox:none was not found upstream",
        reason: null,
      },
    ]);
  });

  it("[L1] has 0 bytes for HEAD, and the length of a blob", async () => {
    const mirror = createStocked();
    const blob = `/v2/busybox/blobs/${LAYER.digest}`;
    await mirror.head(TAG);
    await mirror.get(blob);
    expect(linesOf(mirror).map(({ bytes }) => bytes)).toEqual([0, LAYER.bytes.length]);
    expect(linesOf(mirror)[1]?.reference).toBe(LAYER.digest);
  });

  it.each([
    ["198.51.100.7", "198.51.100.0/24"],
    ["2001:db8:1234:5678::9", "2001:db8:1234::/48"],
    ["::ffff:198.51.100.7", "198.51.100.0/24"],
    ["nonsense", null],
  ])("[L2] has the network of %s only", async (address, client) => {
    const mirror = createStocked();
    await mirror.get("/v2/", { "cf-connecting-ip": address });
    expect(linesOf(mirror)[0]?.client).toBe(client);
  });

  it('[L2] has the whole address with LOG_CLIENT = "full"', async () => {
    const mirror = createStocked({ env: { LOG_CLIENT: "full" } });
    await mirror.get("/v2/", FROM);
    expect(linesOf(mirror)[0]?.client).toBe("198.51.100.7");
  });

  it("[L3] is sampled by LOG_SAMPLE for successes, and never omitted for failures", async () => {
    const chances = [0.24, 0.25, 0.9];
    const random = () => chances.shift() ?? 1;
    const mirror = createStocked({ env: { LOG_SAMPLE: "0.25" }, random });
    for (let asked = 0; asked < 3; asked++) await mirror.get("/v2/");
    expect(linesOf(mirror)).toHaveLength(1);
    await mirror.get("/v2/UPPER/manifests/1");
    expect(linesOf(mirror).map(({ status }) => status)).toEqual([200, 400]);
  });

  it("[L4] is a data point as well if METRICS is bound, sampled or not", async () => {
    const points: AnalyticsEngineDataPoint[] = [];
    const metrics = { writeDataPoint: (point = {}) => void points.push(point) };
    const mirror = createStocked({ env: { LOG_SAMPLE: 0 }, metrics });
    await mirror.get(TAG, FROM);
    expect(points.map(({ indexes }) => indexes)).toEqual([["library/busybox"]]);
    expect(linesOf(mirror)).toEqual([]);
  });

  it("[L4] is independent of METRICS that fail", async () => {
    const writeDataPoint = () => {
      throw new Error("no");
    };
    const mirror = createStocked({ metrics: { writeDataPoint } });
    expect((await mirror.get(TAG)).status).toBe(200);
  });
});
