import { expect, test } from "vitest";
import { type Answer, textAnswer } from "../src/mirror/answer.ts";
import { createRequestRecord, type RequestRecord } from "../src/mirror/request-record.ts";
import type { LogFields } from "../src/platform/log.ts";
import { MISS } from "../src/protocol/cache-status.ts";
import { RegistryError } from "../src/protocol/errors.ts";
import { logRequest } from "../src/request-log.ts";
import { createUsage } from "../src/upstream/upstream.ts";

/** 2026-01-15T12:00:00Z. */
const START = 1_768_478_400_000;
const SHORT = { logSample: 1, isLogClientFull: false };

interface Case {
  readonly method?: string;
  readonly config?: Parameters<typeof logRequest>[2];
  readonly record?: Partial<RequestRecord>;
  readonly answer?: Partial<Answer>;
  readonly random?: number;
  readonly writeDataPoint?: AnalyticsEngineDataset["writeDataPoint"];
}

/** @returns the lines of one request that took 12 ms. */
function linesOf({ method = "GET", config = SHORT, record, answer, random, ...metrics }: Case) {
  const lines: LogFields[] = [];
  const platform = {
    log: (event: string, fields: LogFields) => void lines.push({ event, ...fields }),
    now: () => START + 12,
    random: () => random ?? 0,
  } as unknown as Parameters<typeof logRequest>[0];
  const headers = { "cf-connecting-ip": "198.51.100.7" };
  const request = new Request("https://mirror.example/SECRET?SECRET", { method, headers });
  const dataset = metrics as AnalyticsEngineDataset;
  logRequest(
    platform,
    metrics.writeDataPoint && dataset,
    config,
    { ...createRequestRecord(request, START), ...record },
    { ...textAnswer(200, "ok"), ...answer },
  );
  return lines;
}

test("a request is one line, with the fields of docs/log.md", () => {
  const record: Partial<RequestRecord> = {
    upstream: { ...createUsage(), requests: 4, answeredBy: "harbor.example.com+hub" },
    path: "/v2/busybox/manifests/1.36",
    lock: "laptop",
    registry: "docker.io",
    image: "library/busybox",
    reference: "1.36",
  };
  const answer = { headers: { "content-length": "1234" }, cacheStatus: MISS };
  expect(linesOf({ record, answer })).toEqual([
    {
      event: "request",
      time: "2026-01-15T12:00:00.000Z",
      method: "GET",
      client: "198.51.100.0/24",
      path: "/v2/busybox/manifests/1.36",
      lock: "laptop",
      registry: "docker.io",
      image: "library/busybox",
      reference: "1.36",
      status: 200,
      cache: "sampan; fwd=miss",
      bytes: 1234,
      ms: 12,
      upstream: "harbor.example.com/hub",
      upstreamRequests: 4,
    },
  ]);
});

test("the line of a failure has its code, message and reason, and nothing of the URL", () => {
  const error = new RegistryError("UNKNOWN", "failed", { reason: "TypeError: broken" });
  const [line] = linesOf({ record: { error }, answer: { status: 500 } });
  expect(line).toMatchObject({
    status: 500,
    path: null,
    error: "UNKNOWN",
    message: "failed",
    reason: "TypeError: broken",
  });
  expect(JSON.stringify(line)).not.toContain("SECRET");
});

test.each<[string, Case, number | null]>([
  ["announced", { answer: { headers: { "content-length": "5" } } }, 5],
  ["unknown", {}, null],
  ["those of a HEAD", { method: "HEAD", answer: { headers: { "content-length": "5" } } }, 0],
  ["absent", { answer: { body: null } }, 0],
])("bytes that are %s: %o", (_, request, bytes) => {
  expect(linesOf(request)[0]?.bytes).toBe(bytes);
});

test.each<[string, Case, string | null]>([
  ["the network of the client", {}, "198.51.100.0/24"],
  ["the full address", { config: { ...SHORT, isLogClientFull: true } }, "198.51.100.7"],
  ["the network without a valid configuration", { config: null }, "198.51.100.0/24"],
  ["null for an unknown address", { record: { client: locationOf(null) } }, null],
  ["null for an invalid address", { record: { client: locationOf("unknown") } }, null],
])("a line has %s", (_, request, client) => {
  expect(linesOf(request)[0]?.client).toBe(client);
});

test.each([
  [0.25, 200, 0.24, 1],
  [0.25, 200, 0.25, 0],
  [0.25, 404, 0.9, 1],
  [0, 200, 0, 0],
  [1, 200, 0.999, 1],
])(
  "with LOG_SAMPLE = %d, status %i and chance %d: %i lines",
  (logSample, status, random, count) => {
    const config = { ...SHORT, logSample };
    expect(linesOf({ config, random, answer: { status } })).toHaveLength(count);
  },
);

test("every request is a data point, even if it is not logged", () => {
  const points: unknown[] = [];
  const writeDataPoint = (point: unknown) => void points.push(point);
  expect(linesOf({ config: { ...SHORT, logSample: 0 }, writeDataPoint })).toEqual([]);
  expect(points).toHaveLength(1);
});

test("a request is logged although its data point fails", () => {
  const writeDataPoint = () => {
    throw new Error("broken");
  };
  expect(linesOf({ writeDataPoint })).toHaveLength(1);
});

function locationOf(address: string | null) {
  return { address, country: null, asn: null };
}
