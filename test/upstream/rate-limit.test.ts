import { expect, test } from "vitest";
import { parseRateLimit, quotaOf } from "../../src/upstream/rate-limit.ts";
import { NOW } from "./network.ts";

test.each([
  ["100;w=21600", "99;w=21600"],
  ["5000;w=60", "0;w=60"],
])("the headers %s and %s are a rate limit", (limit, remaining) => {
  const headers = new Headers({ "RateLimit-Limit": limit, "RateLimit-Remaining": remaining });
  expect(parseRateLimit(headers)).toEqual({ limit, remaining });
});

test.each([
  ["no headers", {}],
  ["a limit alone", { "ratelimit-limit": "100;w=21600" }],
  ["a remainder alone", { "ratelimit-remaining": "100;w=21600" }],
  ["text", { "ratelimit-limit": "lots", "ratelimit-remaining": "some" }],
  ["another parameter", { "ratelimit-limit": "1;w=1;x=secret", "ratelimit-remaining": "1;w=1" }],
  ["counts without a window", { "ratelimit-limit": "100", "ratelimit-remaining": "99" }],
  ["a limit without a window", { "ratelimit-limit": "100", "ratelimit-remaining": "99;w=1" }],
  ["a remainder without a window", { "ratelimit-limit": "100;w=1", "ratelimit-remaining": "99" }],
  ["a negative remainder", { "ratelimit-limit": "100;w=1", "ratelimit-remaining": "-1;w=1" }],
  ["two values", { "ratelimit-limit": "100;w=1, 200;w=1", "ratelimit-remaining": "1;w=1" }],
  [
    "a very long number",
    { "ratelimit-limit": `${"9".repeat(10_000)};w=1`, "ratelimit-remaining": "1;w=1" },
  ],
])("%s are no rate limit", (_, headers) => {
  expect(parseRateLimit(new Headers(headers as Record<string, string>))).toBeNull();
});

test("a quota has a window", () => {
  const quota = quotaOf({ limit: "100;w=3600", remaining: "9;w=3600" }, NOW);
  const until = NOW + 3_600_000;
  expect(quota).toEqual({ limit: 100, remaining: 9, windowSeconds: 3600, until });
});
