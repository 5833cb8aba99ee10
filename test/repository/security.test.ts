import { describe, expect, test } from "vitest";
import { readOwn } from "../support/repository.ts";

/** A bound and the test that asserts it. */
interface Row {
  readonly file: string;
  readonly title: string;
}

describe("the bounds in SECURITY.md", () => {
  const rows = rowsIn(readOwn("SECURITY.md"));

  test("are at least nine, each with a test file and a title", () => {
    expect(rows.length).toBeGreaterThanOrEqual(9);
    expect(rows.filter(({ file }) => !/^test\/e2e\/\w+\.test\.ts$/.test(file))).toEqual([]);
  });

  test.each(rows)("are asserted by $file: $title", ({ file, title }) => {
    expect(readOwn(file).replace(/test\(\s+/g, "test(")).toContain(`test("${title}"`);
  });

  test("include every test of strangers", () => {
    const titles = [...readOwn("test/e2e/strangers.test.ts").matchAll(/^test\(\s*"([^"]+)"/gm)];
    expect(rows.map(({ title }) => title)).toEqual(
      expect.arrayContaining(titles.map(([, title]) => title)),
    );
  });
});

/** @returns the rows of the table with the header `attack | bound | test`. */
function rowsIn(markdown: string): Row[] {
  const [, table = ""] =
    /^\| attack \| bound \| test \|\n\|[-|]+\|\n((?:\|.*\n)+)/m.exec(markdown) ?? [];
  return table
    .trim()
    .split("\n")
    .map((line) => {
      const [, file = "", title = ""] = /\| `([^`]+)`: ([^|]+) \|$/.exec(line) ?? [];
      return { file, title };
    });
}
