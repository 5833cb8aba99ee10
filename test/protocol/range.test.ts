import { describe, expect, test } from "vitest";
import {
  contentRangeHeader,
  parseContentRange,
  parseRange,
  parseUnsatisfiedRange,
  rangeHeader,
  selectRange,
} from "../../src/protocol/range.ts";

describe("Range", () => {
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
  ])("%j is read", (header, expected) => {
    expect(parseRange(header)).toEqual(expected);
  });

  test.each([
    [null],
    [""],
    ["bytes"],
    ["bytes="],
    ["bytes=-"],
    ["bytes=a-b"],
    ["bytes=9-5"],
    ["bytes=1--2"],
    ["bytes=--2"],
    ["bytes=+1-2"],
    ["bytes=1.5-2"],
    ["bytes=0x1-2"],
    ["bytes=٣-٤"],
    ["bytes=1 - 2"],
    ["bytes 0-1"],
    ["items=0-1"],
    ["bytes=0-1,x"],
    ["bytes=0-1;q=1"],
    ["bytes=0-1\r\nx: y"],
  ])("%j is ignored", (header) => {
    expect(parseRange(header)).toBeNull();
  });

  test.each([
    ["bytes=4-9223372036854775807", "bytes=4-"],
    ["bytes=0-18446744073709551615", "bytes=0-"],
    [`bytes=4-${"9".repeat(1_000)}`, "bytes=4-"],
  ])("%j, up to the largest number that a client knows, is to the end", (header, expected) => {
    const range = parseRange(header);
    expect(range && rangeHeader(range)).toBe(expected);
  });

  test.each(["bytes=9223372036854775807-", `bytes=${"9".repeat(100_000)}-`])(
    "beyond every blob cannot be satisfied (%#)",
    (header) => {
      const range = parseRange(header);
      expect(range?.kind).toBe("from");
      expect(range?.kind === "from" && selectRange(range, 1_000_000_000_000)).toBeNull();
    },
  );

  test.each(["bytes=5-9", "bytes=5-", "bytes=-5", "bytes=0-1,3-4"])(
    "%s goes on as it is",
    (header) => {
      const range = parseRange(header);
      expect(range && rangeHeader(range)).toBe(header);
    },
  );
});

describe("Content-Range", () => {
  test.each([
    ["bytes 0-0/1", { first: 0, last: 0, total: 1 }],
    ["bytes 5-9/100", { first: 5, last: 9, total: 100 }],
    ["bytes 5-9/*", { first: 5, last: 9, total: null }],
  ])("%j is read", (header, expected) => {
    expect(parseContentRange(header)).toEqual(expected);
  });

  test.each([
    [null],
    [""],
    ["bytes */9"],
    ["bytes 5-/9"],
    ["bytes 0-1"],
    ["bytes=0-1/2"],
    ["x 0-1/2"],
  ])("%j is no part", (header) => {
    expect(parseContentRange(header)).toBeNull();
  });

  test.each(["bytes 9-5/100", "bytes 0-9/5", "bytes 0-9/9"])(
    "%s contradicts itself and is no part (RFC 9110, section 14.4)",
    (header) => {
      expect(parseContentRange(header)).toBeNull();
    },
  );

  test("is written with its total", () => {
    expect(contentRangeHeader({ first: 5, last: 9, total: 100 })).toBe("bytes 5-9/100");
  });

  test("tells the total of what could not be satisfied", () => {
    expect(parseUnsatisfiedRange("bytes */100")).toBe(100);
    expect(parseUnsatisfiedRange("bytes */0")).toBe(0);
    for (const header of [null, "", "bytes */*", "bytes 0-1/100", "bytes */-1", "bytes */1 "]) {
      expect(parseUnsatisfiedRange(header)).toBeNull();
    }
  });
});

describe("the part that a range selects", () => {
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
  ])("%s of %i bytes", (header, total, expected) => {
    const range = parseRange(header);
    if (range === null || range.kind === "several") throw new Error("not one range");
    expect(selectRange(range, total)).toEqual(expected);
  });
});
