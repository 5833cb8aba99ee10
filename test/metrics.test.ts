import { describe, expect, test } from "vitest";
import { dataPointOf, type MeasuredRequest } from "../src/metrics.ts";

const hit: MeasuredRequest = {
  method: "GET",
  path: "/v2/library/nginx/manifests/1.27",
  lock: "laptop",
  registry: "docker.io",
  image: "library/nginx",
  status: 200,
  cache: "sampan; hit",
  bytes: 1234,
  ms: 12,
  upstreamRequests: 0,
  country: "DE",
};

test("a request is one data point, with the columns that docs/log.md names", () => {
  expect(dataPointOf(hit)).toEqual({
    indexes: ["library/nginx"],
    blobs: ["library/nginx", "docker.io", "tag", "hit", "2xx", "", "laptop", "DE", "GET"],
    doubles: [1234, 12, 0, 200],
  });
});

test("what there is none of is empty, and a length that is not known is 0", () => {
  const refused: MeasuredRequest = {
    method: "POST",
    path: null,
    lock: null,
    registry: null,
    image: null,
    status: 404,
    cache: null,
    bytes: null,
    ms: 0,
    upstreamRequests: 0,
    country: null,
  };

  expect(dataPointOf(refused)).toEqual({
    indexes: [""],
    blobs: ["", "", "refused", "none", "4xx", "", "", "", "POST"],
    doubles: [0, 0, 0, 404],
  });
});

test("an error has its code and the class of its status", () => {
  const { blobs, doubles } = dataPointOf({ ...hit, status: 429, error: "TOOMANYREQUESTS" });

  expect(blobs[4]).toBe("4xx");
  expect(blobs[5]).toBe("TOOMANYREQUESTS");
  expect(doubles[3]).toBe(429);
});

describe("the kind of request", () => {
  test.each([
    ["/v2/", "base"],
    ["/v2", "base"],
    ["/v2/busybox/manifests/latest", "tag"],
    ["/v2/busybox/manifests/sha256:abc", "manifest"],
    ["/v2/busybox/manifests/sha256%3Aabc", "manifest"],
    ["/v2/grafana/grafana/blobs/sha256:abc", "blob"],
    ["/v2/busybox/tags/list", "tags"],
    ["/v2/busybox/referrers/sha256:abc", "referrers"],
    ["/v1/search", "search"],
    ["/v2/_catalog", "other"],
    ["/token", "other"],
    ["/", "other"],
    [null, "refused"],
  ])("of %s is %s", (path, kind) => {
    expect(dataPointOf({ ...hit, path }).blobs[2]).toBe(kind);
  });
});

describe("the outcome of the cache", () => {
  test.each([
    ["sampan; hit", "hit"],
    ["sampan; hit; detail=quota", "quota"],
    ["sampan; fwd=stale; detail=stale", "stale"],
    ["sampan; hit; detail=stale", "stale"],
    ["sampan; fwd=miss", "miss"],
    ["sampan; fwd=stale", "miss"],
    [null, "none"],
  ])("of %s is %s", (cache, outcome) => {
    expect(dataPointOf({ ...hit, cache }).blobs[3]).toBe(outcome);
  });
});

test("an index takes 96 bytes, the column has the whole name", () => {
  const image = `${"a".repeat(100)}/${"b".repeat(100)}`;

  const { indexes, blobs } = dataPointOf({ ...hit, image });

  expect(indexes).toEqual(["a".repeat(96)]);
  expect(blobs[0]).toBe(image);
});
