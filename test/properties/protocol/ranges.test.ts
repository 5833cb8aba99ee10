import fc from "fast-check";
import { expect, test } from "vitest";
import { partOf } from "../../../src/mirror/blob-part.ts";
import { RegistryError } from "../../../src/protocol/errors.ts";
import {
  type ContentRange,
  contentRangeHeader,
  parseContentRange,
  parseRange,
  parseUnsatisfiedRange,
  rangeHeader,
  selectRange,
} from "../../../src/protocol/range.ts";
import { hostileText } from "../arbitrary.ts";
import { PURE } from "../runs.ts";

const positions = fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 999_999_999_999_999 }));
const single = fc.oneof(
  fc.tuple(positions, positions).map(([first, more]) => `bytes=${first}-${first + more}`),
  positions.map((first) => `bytes=${first}-`),
  positions.map((length) => `bytes=-${length}`),
);

test("a range is written as it was read", () => {
  const check = (header: string) => {
    const range = parseRange(header);
    if (range !== null) expect(parseRange(rangeHeader(range))).toEqual(range);
  };
  const several = fc.array(single, { minLength: 2, maxLength: 4 }).map((headers) => {
    return `bytes=${headers.map((header) => header.slice("bytes=".length)).join(" , ")}`;
  });
  fc.assert(fc.property(fc.oneof(single, several, hostileText("bytes=", "-")), check), PURE);
});

test("a range selects the bytes that it names, of whatever length there is", () => {
  const check = (header: string, length: number) => {
    const bytes = Uint8Array.from({ length }, (_, index) => index);
    const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
    const start = first === "" ? Math.max(0, length - Number(last)) : Number(first);
    const wanted = bytes.slice(start, first === "" || last === "" ? length : Number(last) + 1);
    const range = parseRange(header);
    if (range === null || range.kind === "several") return;
    const selected = selectRange(range, length);
    if (selected === null) expect(wanted.length).toBe(0);
    else expect(bytes.slice(selected.first, selected.last + 1)).toEqual(wanted);
  };
  fc.assert(fc.property(single, fc.nat({ max: 40 }), check), PURE);
});

test("a part is what its Content-Range says, or there is none", () => {
  const check = (header: string, size: number) => {
    const part = attempt(() => partOf(size, parseRange(header)));
    if (part instanceof RegistryError) {
      expect(part.status).toBe(416);
      expect(parseUnsatisfiedRange(part.headers["content-range"] ?? null)).toBe(size);
      return;
    }
    expect(part.first + part.length).toBeLessThanOrEqual(size);
    const { first, length } = part;
    if (part.range === null) expect([first, length]).toEqual([0, size]);
    else
      expect(parseContentRange(part.range)).toEqual({
        first,
        last: first + length - 1,
        total: size,
      });
  };
  fc.assert(fc.property(fc.oneof(single, hostileText("bytes=")), fc.nat(), check), PURE);
});

test("a Content-Range is read as it was written, and only where it makes sense", () => {
  const check = (first: number, more: number, rest: number) => {
    const range: ContentRange = { first, last: first + more, total: first + more + 1 + rest };
    expect(parseContentRange(contentRangeHeader(range))).toEqual(range);
    const reversed = { ...range, first: range.last + 1 };
    expect(parseContentRange(contentRangeHeader(reversed))).toBeNull();
    expect(parseContentRange(contentRangeHeader({ ...range, total: range.last }))).toBeNull();
  };
  const small = fc.nat({ max: 2 ** 40 });
  fc.assert(fc.property(small, small, small, check), PURE);
});

test("a Content-Range of any text does not contradict itself", () => {
  const check = (text: string) => {
    const range = parseContentRange(text);
    if (range === null) return;
    expect(range.first).toBeLessThanOrEqual(range.last);
    expect(range.last).toBeLessThan(range.total ?? Number.MAX_SAFE_INTEGER);
  };
  fc.assert(fc.property(hostileText("bytes ", "0-", "1/", "*"), check), PURE);
});

function attempt<T>(work: () => T): T | RegistryError {
  try {
    return work();
  } catch (error) {
    if (error instanceof RegistryError) return error;
    throw error;
  }
}
