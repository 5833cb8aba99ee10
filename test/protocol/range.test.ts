import { expect, test } from "vitest";
import {
  contentRangeHeader,
  parseContentRange,
  parseRange,
  parseUnsatisfiedRange,
  selectRange,
} from "../../src/protocol/range.ts";

test.each([
  ["bytes=0-0", { kind: "from", first: 0, last: 0 }],
  ["bytes=5-9", { kind: "from", first: 5, last: 9 }],
  ["bytes=5-", { kind: "from", first: 5, last: null }],
  ["bytes=-5", { kind: "suffix", length: 5 }],
  ["bytes=-0", { kind: "suffix", length: 0 }],
  ["Bytes=1-2", { kind: "from", first: 1, last: 2 }],
  [" bytes= 1-2 ", { kind: "from", first: 1, last: 2 }],
  ["bytes=0-999999999999999", { kind: "from", first: 0, last: 999_999_999_999_999 }],
  ["bytes=0-1,3-4", { kind: "several", header: "bytes=0-1,3-4" }],
  ["bytes=0-1 , -5, 9-", { kind: "several", header: "bytes=0-1,-5,9-" }],
  [" bytes= 4-7", { header: "bytes=4-7" }],
  // Some clients write the largest number they know for the end.
  ["bytes=0-18446744073709551615", { first: 0, header: "bytes=0-18446744073709551615" }],
  ["bytes=-5", { header: "bytes=-5" }],
])("parseRange reads %j", (header, range) => {
  expect(parseRange(header)).toMatchObject(range);
});

test.each([
  null,
  "",
  "bytes",
  "bytes=",
  "bytes=-",
  "bytes=a-b",
  "bytes=9-5",
  "bytes=1--2",
  "bytes=--2",
  "bytes=+1-2",
  "bytes=1.5-2",
  "bytes=0x1-2",
  "bytes=٣-٤",
  "bytes=1 - 2",
  "bytes 0-1",
  "items=0-1",
  "bytes=0-1,x",
  "bytes=0-1;q=1",
  "bytes=0-1\r\nx: y",
])("parseRange ignores %j", (header) => {
  expect(parseRange(header)).toBeNull();
});

test.each([
  ["bytes=0-0", 10, { first: 0, last: 0 }],
  ["bytes=0-", 10, { first: 0, last: 9 }],
  ["bytes=9-", 10, { first: 9, last: 9 }],
  ["bytes=5-99", 10, { first: 5, last: 9 }],
  ["bytes=-3", 10, { first: 7, last: 9 }],
  ["bytes=-99", 10, { first: 0, last: 9 }],
  ["bytes=10-", 10, null],
  ["bytes=10-20", 10, null],
  ["bytes=-0", 10, null],
  ["bytes=0-", 0, null],
  ["bytes=0-0", 0, null],
  ["bytes=-5", 0, null],
  ["bytes=5-18446744073709551615", 10, { first: 5, last: 9 }],
  ["bytes=9223372036854775807-", 1_000_000_000_000, null],
  [`bytes=${"9".repeat(100_000)}-`, 1_000_000_000_000, null],
])("selectRange applies a range to a number of bytes (%#)", (header, total, expected) => {
  const range = parseRange(header);
  if (range === null || range.kind === "several") throw new Error("not one range");
  expect(selectRange(range, total)).toEqual(expected);
});

test.each([
  ["bytes 0-0/1", { first: 0, last: 0, total: 1 }],
  ["bytes 5-9/100", { first: 5, last: 9, total: 100 }],
  ["bytes 5-9/*", { first: 5, last: 9, total: null }],
  [null, null],
  ["", null],
  ["bytes */9", null],
  ["bytes 5-/9", null],
  ["bytes 0-1", null],
  ["bytes=0-1/2", null],
  ["x 0-1/2", null],
  // Contradictions (RFC 9110, section 14.4).
  ["bytes 9-5/100", null],
  ["bytes 0-9/5", null],
  ["bytes 0-9/9", null],
])("parseContentRange reads %j as %j", (header, range) => {
  expect(parseContentRange(header)).toEqual(range);
});

test("contentRangeHeader writes the total", () => {
  expect(contentRangeHeader({ first: 5, last: 9, total: 100 })).toBe("bytes 5-9/100");
});

test.each([
  ["bytes */100", 100],
  ["bytes */0", 0],
  [null, null],
  ["", null],
  ["bytes */*", null],
  ["bytes 0-1/100", null],
  ["bytes */-1", null],
  ["bytes */1 ", null],
])("parseUnsatisfiedRange reads %j as %j", (header, total) => {
  expect(parseUnsatisfiedRange(header)).toBe(total);
});
