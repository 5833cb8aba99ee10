import { describe, expect, test } from "vitest";
import { parseRetryAfter } from "../../src/protocol/retry-after.ts";

/** Sun, 06 Nov 1994 08:49:37 GMT. */
const NOW = 784_111_777_000;

describe("Retry-After in seconds", () => {
  test.each([
    ["1", 1],
    ["30", 30],
    ["60", 60],
    [" 7 ", 7],
    ["007", 7],
    ["0", 1],
    ["61", 60],
    ["21600", 60],
    ["9".repeat(100_000), 60],
  ])("%j", (header, seconds) => {
    expect(parseRetryAfter(header, NOW)).toBe(seconds);
  });
});

describe("Retry-After as a date", () => {
  test.each([
    ["20 s ahead", "Sun, 06 Nov 1994 08:49:57 GMT", NOW, 20],
    ["a part of a second more, rounded up", "Sun, 06 Nov 1994 08:49:57 GMT", NOW - 1, 21],
    ["now", "Sun, 06 Nov 1994 08:49:37 GMT", NOW, 1],
    ["in the past", "Sun, 06 Nov 1994 08:49:36 GMT", NOW, 1],
    ["a day ahead", "Mon, 07 Nov 1994 08:49:37 GMT", NOW, 60],
  ])("%s", (_, header, now, seconds) => {
    expect(parseRetryAfter(header, now)).toBe(seconds);
  });
});

describe("Retry-After that makes no sense is 10 s", () => {
  test.each([
    [null],
    [""],
    ["-5"],
    ["+5"],
    ["1.5"],
    ["5s"],
    ["1e3"],
    ["0x10"],
    ["٣"],
    ["NaN"],
    ["Infinity"],
    ["soon"],
    ["Sun, whenever"],
    ["5, 10"],
    ["Sun, 99 Nov 1994 08:49:37 GMT"],
  ])("%j", (header) => {
    expect(parseRetryAfter(header, NOW)).toBe(10);
  });
});
