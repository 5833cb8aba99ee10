import { expect, test } from "vitest";
import { printable, printableLines } from "../../tools/readable.ts";

test.each([
  ["a\u001b[2Jb", "a\\u001b[2Jb"],
  ["a\u007fb", "a\\u007fb"],
  ["a\u009bb", "a\\u009bb"],
  ["a\u202eb", "a\\u202eb"],
  ["a\u200db", "a\\u200db"],
  ["a\u{e0041}b", "a\\udb40\\udc41b"],
  ["a\r\n\tb", "a b"],
  ["ä中😀", "ä中😀"],
])("foreign text is one line without control and format characters: %j", (text, expected) => {
  expect(printable(text)).toBe(expected);
});

test("line breaks and tabs of a longer text stay", () => {
  expect(printableLines("a\n\tb\r\n\u001b[1mc\u2066\n")).toBe(
    "a\n\tb\\u000d\n\\u001b[1mc\\u2066\n",
  );
});
