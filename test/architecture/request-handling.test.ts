import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT, readOwn } from "../support/repository.ts";

const HANDLER = join(ROOT, "test/handler");

describe("docs/request-handling.md", () => {
  const documented = documentedCases(readOwn("docs/request-handling.md"));
  const tests = readTests();
  const titles = tests.flatMap(titlesIn);

  test("has each case once", () => {
    expect(documented.length).toBeGreaterThan(0);
    expect(documented.filter((id, index) => documented.indexOf(id) !== index)).toEqual([]);
  });

  test("has the cases that the handler tests prove, and no others", () => {
    expect([...new Set(titles.flatMap(casesOf))].sort()).toEqual([...documented].sort());
  });

  test("is named by every handler test", () => {
    const calls = tests.flatMap((source) => source.match(/^\s*(?:it|test)\b/gm) ?? []);
    expect(titles.length).toBe(calls.length);
    expect(titles.filter((title) => casesOf(title).length === 0)).toEqual([]);
  });
});

describe("these checks notice", () => {
  test("a case in the document", () => {
    const markdown =
      "# Cases\n\n- **G5a** Once more.\n- **11** By HEAD, as **12**.\nnot - **13** this\n";
    expect(documentedCases(markdown)).toEqual(["G5a", "11"]);
  });

  test("a case in a title, of whatever kind of test", () => {
    const source = [
      'it("[11] [G5a] asks once", async () => {',
      'it.each(["[99]"])("[12] asks %s", async () => {',
      "])(",
      '  "[13] asks",',
      "it(`[14] asks`, () => {",
      "it.each<string>([])(",
      '  "[15] asks",',
      'describe.each([1])("[97] of %s", () => {',
      'expect(calls).toEqual(["[98]"]);',
    ].join("\n");
    expect(titlesIn(source).flatMap(casesOf)).toEqual(["11", "G5a", "12", "13", "14", "15"]);
  });

  test("a title without a case, and a case that is not in front", () => {
    expect(titlesIn('it("asks [11]", () => {').flatMap(casesOf)).toEqual([]);
  });
});

function readTests(): string[] {
  const files = readdirSync(HANDLER).filter((file) => file.endsWith(".test.ts"));
  return files.map((file) => readFileSync(join(HANDLER, file), "utf8"));
}

/** @returns the number in front of every item of the document's lists. */
function documentedCases(markdown: string): string[] {
  return [...markdown.matchAll(/^- \*\*(\w+)\*\* /gm)].map(([, id = ""]) => id);
}

/**
 * @returns the titles of tests: the text behind `it(`, or behind the `)(` between the list and the
 * test of an `it.each`.
 */
function titlesIn(source: string): string[] {
  const pattern = /^(?!.*\bdescribe\b).*?(?:\bit\(|\)\()\s*(["'`])((?:(?!\1).)+)\1,/gm;
  return [...source.matchAll(pattern)].map(([, , title = ""]) => title);
}

/** @returns the numbers that a title begins with. */
function casesOf(title: string): string[] {
  const [front = ""] = /^(?:\[\w+\] )+/.exec(title) ?? [];
  return [...front.matchAll(/\w+/g)].map(([id]) => id);
}
