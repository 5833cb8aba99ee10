import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAuthScheme } from "../../src/protocol/challenge.ts";
import { allowsRange, etag, namesDigest } from "../../src/protocol/etag.ts";
import { nextLink, parseNextQuery } from "../../src/protocol/link.ts";
import {
  type AcceptClass,
  ALL_TYPES,
  acceptHeader,
  essence,
  isManifestType,
  parseAccept,
} from "../../src/protocol/media-type.ts";
import {
  type ContentRange,
  contentRangeHeader,
  parseContentRange,
  parseRange,
  selectRange,
} from "../../src/protocol/range.ts";
import { parseRetryAfter } from "../../src/protocol/retry-after.ts";
import { digests, headerText, hostileText, near, PURE } from "./arbitrary.ts";

const SHORTS = ["dl", "dm", "oi", "om"];

describe("Accept", () => {
  const shuffled = fc.shuffledSubarray(SHORTS, { minLength: 1 });
  const quality = fc.constantFrom("", ";q=0.1", "; q=1.000", ";charset=utf-8;q=0.001");

  test("of known types, in whatever order and with whatever weight, is their class", () => {
    const check = (shorts: string[], weight: string) => {
      const accepted = [...shorts].sort().join("+") as AcceptClass;
      const header = shorts.map((short) => acceptHeader(short as AcceptClass) + weight).join(",");
      expect(parseAccept(header)).toBe(accepted);
      expect(parseAccept(acceptHeader(accepted))).toBe(accepted);
    };
    fc.assert(fc.property(shuffled, quality, check), PURE);
  });

  test("of any text is one of the classes", () => {
    const check = (text: string) => {
      const shorts = parseAccept(text).split("+");
      expect(shorts.length).toBeGreaterThan(0);
      expect(SHORTS.filter((short) => shorts.includes(short))).toEqual(shorts);
      expect(isManifestType(essence(text)) && /[\s;,"]/.test(essence(text))).toBe(false);
    };
    const types = acceptHeader(ALL_TYPES).split(", ");
    fc.assert(fc.property(hostileText(...types, ";q=0", "*/*"), check), PURE);
  });
});

describe("If-None-Match and If-Range", () => {
  test("of any list that has the digest's tag names it, of any other text does not", () => {
    const check = (digest: string, before: string[], isWeak: boolean, isThere: boolean) => {
      const others = before.map((text) => `"${text.replace(/["*,]/g, "")}"`);
      const own = `${isWeak ? "W/" : ""}"${digest}"`;
      const header = [...others, ...(isThere ? [own] : [])].join(" , ");
      expect(namesDigest(header, digest as never)).toBe(isThere);
    };
    const texts = fc.array(headerText(), { maxLength: 4 });
    fc.assert(fc.property(digests, texts, fc.boolean(), fc.boolean(), check), PURE);
  });

  test("of any text are read without an error", () => {
    const check = (text: string, digest: string) => {
      expect(typeof namesDigest(text, digest as never)).toBe("boolean");
      expect(allowsRange(text, digest as never)).toBe(text.trim() === etag(digest as never));
    };
    fc.assert(fc.property(hostileText("W/", '"'), digests, check), PURE);
  });
});

describe("Link", () => {
  const queries = fc
    .dictionary(fc.constantFrom("n", "last", "x y", "é"), fc.string(), { minKeys: 1 })
    .map((fields) => new URLSearchParams(fields).toString());

  test("that was written here is read back", () => {
    const check = (query: string, path: string) => {
      expect(parseNextQuery(nextLink(path, query))).toBe(query);
      const other = '<https://x/?a=1>; rel="prev"; title="a, b; c"';
      expect(parseNextQuery(`${other}, ${nextLink(path, query)}`)).toBe(query);
    };
    fc.assert(fc.property(queries, fc.constantFrom("/v2/a/tags/list", ""), check), PURE);
  });

  test("of any text is a valid query, or none", () => {
    const check = (text: string) => {
      const query = parseNextQuery(text);
      if (query !== null) expect(query).toMatch(/^[A-Za-z0-9*\-._+%&=]+$/);
    };
    const texts = near(['</v2/a/tags/list?n=1>; rel="next"'], "rel=next", "<?n=1>", ';rel="next"');
    fc.assert(fc.property(texts, check), PURE);
  });
});

describe("WWW-Authenticate", () => {
  const token = fc.string({ unit: fc.constantFrom(..."abcXYZ019-"), minLength: 1, maxLength: 8 });
  const parameters = fc.dictionary(token, headerText(), { minKeys: 1, maxKeys: 4 });
  const challenges = fc.array(fc.record({ scheme: token, parameters }), { maxLength: 4 });

  test("with a Bearer challenge among others is read as it was written", () => {
    const write = (scheme: string, fields: Record<string, string>) => {
      const pairs = Object.entries(fields).map(([name, value]) => `${name}="${unquoted(value)}"`);
      return `${scheme} ${pairs.join(", ")}`;
    };
    const check = (others: { scheme: string; parameters: Record<string, string> }[], r: string) => {
      const realm = `r${unquoted(r)}`;
      const header = [
        ...others.map(({ scheme, parameters: fields }) => write(`x${scheme}`, fields)),
        write("Bearer", { realm, service: r }),
      ];
      const expected = { kind: "bearer", realm, service: unquoted(r) };
      expect(parseAuthScheme(header.join(", "))).toEqual(expected);
    };
    fc.assert(fc.property(challenges, headerText(), check), PURE);
  });

  test("of any text yields a scheme", () => {
    const check = (text: string) => {
      expect(["open", "basic", "bearer"]).toContain(parseAuthScheme(text).kind);
    };
    fc.assert(fc.property(hostileText("Bearer ", "Basic ", 'realm="', "realm="), check), PURE);
  });
});

test("Retry-After of any text is a number of seconds from 1 to 60", () => {
  const check = (text: string, now: number) => {
    const seconds = parseRetryAfter(text, now);
    expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60, String(seconds)).toBe(true);
  };
  const dates = fc.date({ noInvalidDate: true }).map((date) => date.toUTCString());
  const numbers = fc.bigInt().map(String);
  const texts = fc.oneof(hostileText("Thu, ", "GMT", "9"), dates, numbers);
  fc.assert(fc.property(texts, fc.nat({ max: 2 ** 42 }), check), PURE);
});

function unquoted(text: string): string {
  return text.replaceAll('"', "'");
}

const positions = fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 999_999_999_999_999 }));
const single = fc.oneof(
  fc.tuple(positions, positions).map(([first, more]) => `bytes=${first}-${first + more}`),
  positions.map((first) => `bytes=${first}-`),
  positions.map((length) => `bytes=-${length}`),
);

test("a range is read back as it was written", () => {
  const check = (header: string) => {
    const range = parseRange(header);
    if (range !== null) expect(parseRange(range.header)).toEqual(range);
  };
  const several = fc.array(single, { minLength: 2, maxLength: 4 }).map((headers) => {
    return `bytes=${headers.map((header) => header.slice("bytes=".length)).join(" , ")}`;
  });
  fc.assert(fc.property(fc.oneof(single, several, hostileText("bytes=", "-")), check), PURE);
});

test("a range selects the bytes that it names, whatever the length", () => {
  const check = (header: string, length: number) => {
    const bytes = Uint8Array.from({ length }, (_, index) => index);
    const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
    const start = first === "" ? Math.max(0, length - Number(last)) : Number(first);
    const wanted = bytes.slice(start, first === "" || last === "" ? length : Number(last) + 1);
    const range = parseRange(header);
    if (range === null || range.kind === "several") return;
    const selected = selectRange(range, length);
    if (selected === null) {
      expect(wanted.length).toBe(0);
      return;
    }
    expect(bytes.slice(selected.first, selected.last + 1)).toEqual(wanted);
    const part = { ...selected, total: length };
    expect(parseContentRange(contentRangeHeader(part))).toEqual(part);
  };
  fc.assert(fc.property(single, fc.nat({ max: 40 }), check), PURE);
});

test("a Content-Range is read back as it was written, if it is consistent", () => {
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

test("a Content-Range of any text is consistent, or none", () => {
  const check = (text: string) => {
    const range = parseContentRange(text);
    if (range === null) return;
    expect(range.first).toBeLessThanOrEqual(range.last);
    expect(range.last).toBeLessThan(range.total ?? Number.MAX_SAFE_INTEGER);
  };
  const texts = near(["bytes 0-1/2", "bytes 5-9/10", "bytes 0-0/*"], "bytes ", "0-", "1/", "*");
  fc.assert(fc.property(texts, check), PURE);
});
