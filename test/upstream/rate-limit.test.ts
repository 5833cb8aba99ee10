import { expect, test } from "vitest";
import { readRateLimit } from "../../src/upstream/rate-limit.ts";

test.each([
  ["100;w=21600", "99;w=21600"],
  ["100", "0"],
])("a quota of %s, of which %s are left", (limit, remaining) => {
  const headers = new Headers({ "RateLimit-Limit": limit, "RateLimit-Remaining": remaining });
  expect(readRateLimit(headers)).toEqual({ limit, remaining });
});

test.each([
  ["nothing", {}],
  ["the limit alone", { "ratelimit-limit": "100;w=21600" }],
  ["the rest alone", { "ratelimit-remaining": "100;w=21600" }],
  ["a limit of 0", { "ratelimit-limit": "0;w=21600", "ratelimit-remaining": "0;w=21600" }],
  ["text", { "ratelimit-limit": "lots", "ratelimit-remaining": "some" }],
  ["a parameter more", { "ratelimit-limit": "1;w=1;x=secret", "ratelimit-remaining": "1;w=1" }],
  ["less than 0", { "ratelimit-limit": "100", "ratelimit-remaining": "-1" }],
  ["two values", { "ratelimit-limit": "100, 200", "ratelimit-remaining": "1" }],
  ["a number without end", { "ratelimit-limit": "9".repeat(10_000), "ratelimit-remaining": "1" }],
])("%s is no quota", (_, headers) => {
  expect(readRateLimit(new Headers(headers as Record<string, string>))).toBeNull();
});
