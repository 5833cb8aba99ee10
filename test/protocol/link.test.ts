import { expect, test } from "vitest";
import { nextLink, parseNextQuery } from "../../src/protocol/link.ts";

test.each([
  ["a relative target", '</v2/a/tags/list?n=2&last=b>; rel="next"', "n=2&last=b"],
  ["an absolute target", '<https://r.example/v2/a/tags/list?last=b>; rel="next"', "last=b"],
  ["another host, which is ignored", "<//evil/?last=b>;rel=next", "last=b"],
  ["only a query", "<?last=b>; rel=next", "last=b"],
  ["a relation without quotes", "</x?last=b>; rel=next", "last=b"],
  ["a relation in upper case", '</x?last=b>; REL="NEXT"', "last=b"],
  ["white space around the equals sign", '</x?last=b>; rel = "next"', "last=b"],
  ["further parameters", '</x?last=b>; title="t"; rel="next"; type="x"', "last=b"],
  ["a second link", '</x?a=1>; rel="prev", </x?b=2>; rel="next"', "b=2"],
  ["two next pages, of which the first counts", "</x?a=1>; rel=next, </x?b=2>; rel=next", "a=1"],
  ["a comma", "</x?last=a,b>; rel=next", "last=a%2Cb"],
  ["a question mark in the query", "</x?last=a?b>; rel=next", "last=a%3Fb"],
  ["a fragment, which is removed", "</x?last=b#c?d=e>; rel=next", "last=b"],
  ["several parameters", "</x?last=b&next_page=%2F%3D>; rel=next", "last=b&next_page=%2F%3D"],
  ["an encoded line break", "</x?last=a%0D%0Ab>; rel=next", "last=a%0D%0Ab"],
  ["a repeated parameter", "</x?last=a&last=b>; rel=next", "last=a&last=b"],
])("reads the query of the next page with %s", (_, header, query) => {
  expect(parseNextQuery(header)).toBe(query);
});

test.each([
  ["without a header", null],
  ["for an empty header", ""],
  ["without a relation", "</x?last=b>"],
  ["for another relation", '</x?last=b>; rel="prev"'],
  ["for a longer relation", "</x?last=b>; rel=nextish"],
  ["for another parameter", "</x?last=b>; xrel=next"],
  ["without a query", '</x>; rel="next"'],
  ["for an empty query", '</x?>; rel="next"'],
  ["for a query in the fragment", '</x#?last=b>; rel="next"'],
  ["without angle brackets", "/x?last=b; rel=next"],
  ["for a bracket that is not closed", '</x?last=b; rel="next"'],
  ["after 16 KiB", `${'</x>; rel="prev",'.repeat(1_000)}</x?a=1>; rel="next"`],
])("returns null %s", (_, header) => {
  expect(parseNextQuery(header)).toBeNull();
});

test("nextLink is relative to this host", () => {
  expect(nextLink("/v2/busybox/tags/list", "n=2&last=b")).toBe(
    '</v2/busybox/tags/list?n=2&last=b>; rel="next"',
  );
});
