import { expect, test } from "vitest";
import { parseRetryAfter } from "../../src/protocol/retry-after.ts";

/** Sun, 06 Nov 1994 08:49:37 GMT. */
const NOW = 784_111_777_000;

test.each([
  ["1", 1],
  ["30", 30],
  ["60", 60],
  ["007", 7],
  ["0", 1],
  ["61", 60],
  ["21600", 60],
  ["9".repeat(100_000), 60],
  ["Sun, 06 Nov 1994 08:49:57 GMT", 20],
  ["Sun, 06 Nov 1994 08:49:37 GMT", 1],
  ["Sun, 06 Nov 1994 08:49:36 GMT", 1],
  ["Mon, 07 Nov 1994 08:49:37 GMT", 60],
])("Retry-After in seconds or as a date is read (%#)", (header, seconds) => {
  expect(parseRetryAfter(header, NOW)).toBe(seconds);
});

test("the time until a date is rounded up", () => {
  expect(parseRetryAfter("Sun, 06 Nov 1994 08:49:57 GMT", NOW - 1)).toBe(21);
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
  "Sun, whenever",
  "5, 10",
  "Sun, 99 Nov 1994 08:49:37 GMT",
])("Retry-After %j means 10 s", (header) => {
  expect(parseRetryAfter(header, NOW)).toBe(10);
});
