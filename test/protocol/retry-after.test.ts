import { expect, test } from "vitest";
import { parseRetryAfter } from "../../src/protocol/retry-after.ts";

test.each([
  ["1", 1],
  ["30", 30],
  ["60", 60],
  ["007", 7],
  ["0", 1],
  ["61", 60],
  ["21600", 60],
  ["9".repeat(100_000), 60],
])("Retry-After in seconds is read (%#)", (header, seconds) => {
  expect(parseRetryAfter(header)).toBe(seconds);
});

test.each([
  null,
  "",
  "-5",
  "+5",
  "1.5",
  "5s",
  "1e3",
  "0x10",
  "٣",
  "NaN",
  "Infinity",
  "soon",
  "5, 10",
  "Sun, 06 Nov 1994 08:49:37 GMT",
])("Retry-After %j means 10 s", (header) => {
  expect(parseRetryAfter(header)).toBe(10);
});
