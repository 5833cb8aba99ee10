import { expect, test } from "vitest";
import { toDataPoint } from "../src/metrics.ts";
import { textAnswer } from "../src/mirror/answer.ts";
import { createRequestRecord, type RequestRecord } from "../src/mirror/request-record.ts";
import { type CacheStatus, HIT, MISS } from "../src/protocol/cache-status.ts";
import { RegistryError } from "../src/protocol/errors.ts";
import { createUsage } from "../src/upstream/upstream.ts";

function pointOf(
  change: Partial<RequestRecord>,
  cacheStatus: CacheStatus | null,
  status = 200,
  bytes: number | null = null,
) {
  const record = createRequestRecord(new Request("https://mirror.example/"), 0);
  return toDataPoint(
    { ...record, ...change },
    { ...textAnswer(status, ""), cacheStatus },
    bytes,
    12,
  );
}

test("a pull is one data point, with the columns of docs/log.md", () => {
  const pull: Partial<RequestRecord> = {
    client: { address: "198.51.100.7", country: "DE", asn: 64_496 },
    upstream: { ...createUsage(), requests: 4 },
    kind: "tag",
    path: "/v2/library/nginx/manifests/1.27",
    lock: "laptop",
    registry: "docker.io",
    image: "library/nginx",
    reference: "1.27",
  };
  expect(pointOf(pull, MISS, 200, 1234)).toEqual({
    indexes: ["library/nginx"],
    blobs: ["library/nginx", "docker.io", "tag", "miss", "2xx", "", "laptop", "DE", "GET"],
    doubles: [1234, 12, 4, 200],
  });
});

test("an absent text is empty and an unknown length is 0", () => {
  expect(pointOf({ method: "POST" }, null, 404)).toEqual({
    indexes: [""],
    blobs: ["", "", "refused", "none", "4xx", "", "", "", "POST"],
    doubles: [0, 12, 0, 404],
  });
});

test("a failure has its code and the class of its status", () => {
  const error = new RegistryError("UNAVAILABLE", "x", { status: 504 });
  const { blobs, doubles } = pointOf({ error }, null, 504);
  expect([blobs?.[4], blobs?.[5], doubles?.[3]]).toEqual(["5xx", "UNAVAILABLE", 504]);
});

test.each([
  [HIT, "hit"],
  [MISS, "miss"],
  [{ ...MISS, isCollapsed: true }, "miss"],
  [{ ...MISS, forwarded: "stale" }, "miss"],
  [{ ...MISS, forwarded: "stale", isStale: true }, "stale"],
  [{ ...HIT, isStale: true }, "stale"],
  [null, "none"],
] as const)("the outcome of %j is %s", (cacheStatus, outcome) => {
  expect(pointOf({}, cacheStatus).blobs?.[3]).toBe(outcome);
});

test("an index has at most 96 bytes, the column has the whole name", () => {
  const image = `${"a".repeat(100)}/${"b".repeat(100)}`;
  const { indexes, blobs } = pointOf({ image }, HIT);
  expect([indexes, blobs?.[0]]).toEqual([["a".repeat(96)], image]);
});
