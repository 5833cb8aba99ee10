import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT, readOwn } from "../support/repository.ts";

const HANDLER = join(ROOT, "test/handler");

describe("docs/request-handling.md", () => {
  const documented = casesIn(readOwn("docs/request-handling.md"));
  const sources = readdirSync(HANDLER)
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(join(HANDLER, file), "utf8"));
  const titles = sources.flatMap(titlesIn);

  test("has each case once", () => {
    expect(documented.length).toBeGreaterThan(0);
    expect(documented.filter((id, index) => documented.indexOf(id) !== index)).toEqual([]);
  });

  test("has exactly the cases in the titles of the handler tests", () => {
    expect([...new Set(titles.flatMap(numbersOf))].sort()).toEqual([...documented].sort());
  });

  test("has a case for every handler test", () => {
    const calls = sources.flatMap((source) => source.match(/^\s*(?:it|test)\b/gm) ?? []);
    expect(titles.length).toBe(calls.length);
    expect(titles.filter((title) => numbersOf(title).length === 0)).toEqual([]);
  });
});

/** @returns the number in front of each list item, as in `- **11a** …`. */
function casesIn(markdown: string): string[] {
  return [...markdown.matchAll(/^- \*\*(\w+)\*\* /gm)].map(([, id = ""]) => id);
}

/** @returns the titles of tests: the text after `it(`, or after the `)(` of an `it.each(…)(`. */
function titlesIn(source: string): string[] {
  const pattern = /^(?!.*\bdescribe\b).*?(?:\bit\(|\)\()\s*(["'`])((?:(?!\1).)+)\1,/gm;
  return [...source.matchAll(pattern)].map(([, , title = ""]) => title);
}

/** @returns the numbers at the start of a title, as in `[12a] [13] …`. */
function numbersOf(title: string): string[] {
  const [front = ""] = /^(?:\[\w+\] )+/.exec(title) ?? [];
  return [...front.matchAll(/\w+/g)].map(([id]) => id);
}
