import { describe, expect, test } from "vitest";
import { nextLink, parseNextQuery } from "../../src/protocol/link.ts";

describe("parseNextQuery", () => {
  test.each([
    ["a relative target", '</v2/a/tags/list?n=2&last=b>; rel="next"', "n=2&last=b"],
    ["an absolute one", '<https://r.example/v2/a/tags/list?last=b>; rel="next"', "last=b"],
    ["one on another host, of which only the query counts", "<//evil/?last=b>;rel=next", "last=b"],
    ["a query alone", "<?last=b>; rel=next", "last=b"],
    ["a relation without quotes", "</x?last=b>; rel=next", "last=b"],
    ["a relation in capitals", '</x?last=b>; REL="NEXT"', "last=b"],
    ["further parameters", '</x?last=b>; title="t"; rel="next"; type="x"', "last=b"],
    ["the second of two values", '</x?a=1>; rel="prev", </x?b=2>; rel="next"', "b=2"],
    ["the first of two next pages", '</x?a=1>; rel="next", </x?b=2>; rel="next"', "a=1"],
    ["a comma in the target", "</x?last=a,b>; rel=next", "last=a%2Cb"],
    ["a question mark in the query", "</x?last=a?b>; rel=next", "last=a%3Fb"],
    ["a fragment, which is left out", "</x?last=b#c?d=e>; rel=next", "last=b"],
    [
      "a cursor in several parts",
      "</x?last=b&next_page=%2F%3D>; rel=next",
      "last=b&next_page=%2F%3D",
    ],
    ["characters that would end a header", "</x?last=a%0D%0Ab>; rel=next", "last=a%0D%0Ab"],
    ["two names for one parameter", "</x?last=a&last=b>; rel=next", "last=a&last=b"],
  ])("reads %s", (_, header, query) => {
    expect(parseNextQuery(header)).toBe(query);
  });

  test.each([
    ["no header", null],
    ["an empty one", ""],
    ["no relation", "</x?last=b>"],
    ["another relation", '</x?last=b>; rel="prev"'],
    ["a relation that only begins so", "</x?last=b>; rel=nextish"],
    ["another parameter that ends so", "</x?last=b>; xrel=next"],
    ["no query", '</x>; rel="next"'],
    ["an empty query", '</x?>; rel="next"'],
    ["a query in the fragment", '</x#?last=b>; rel="next"'],
    ["no angle brackets", "/x?last=b; rel=next"],
    ["what follows a malformed value", '</x?a=1> junk, </x?b=2>; rel="next"'],
    ["a relation whose quote is not closed", '</x?last=b>; rel="next'],
    ["a bracket that is not closed", '</x?last=b; rel="next"'],
  ])("finds no next page in %s", (_, header) => {
    expect(parseNextQuery(header)).toBeNull();
  });

  test("reads a relation among others (RFC 8288, section 3.3)", () => {
    expect(parseNextQuery('</x?last=b>; rel="next last"')).toBe("last=b");
    expect(parseNextQuery('</x?last=b>; rel="prefetch next"')).toBe("last=b");
  });

  test("allows spaces around the equals sign (RFC 8288, section 3)", () => {
    expect(parseNextQuery('</x?last=b>; rel = "next"')).toBe("last=b");
  });

  test("does not read a relation out of another parameter's quoted value", () => {
    expect(parseNextQuery('</x?last=b>; title="a; rel=next; b"; rel="prev"')).toBeNull();
  });
});

test("nextLink is relative to this host", () => {
  expect(nextLink("/v2/busybox/tags/list", "n=2&last=b")).toBe(
    '</v2/busybox/tags/list?n=2&last=b>; rel="next"',
  );
});
