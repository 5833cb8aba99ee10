import { expect, test } from "vitest";
import { diff } from "../../../tools/setup/diff.ts";

test("lines that differ are shown with a neighbour on each side", () => {
  expect(diff("a\nb\nc\nd\ne\n", "a\nb\nX\nd\ne\n")).toBe("  …\n  b\n- c\n+ X\n  d");
});

test("changes far from each other are told apart", () => {
  expect(diff("1\n2\n3\n4\n5\n6\n7", "1\n3\n4\n5\n6\n8\n7")).toBe(
    "  1\n- 2\n  3\n  …\n  6\n+ 8\n  7",
  );
});

test("as many lines as possible are the same", () => {
  expect(diff("a\nb\na\nb", "b\na\nb")).toBe("- a\n  b");
});

test("equal texts have no difference, whatever their line ends", () => {
  expect(diff("a\nb", "a\r\nb")).toBe("");
});

test("an empty line has no space behind its sign", () => {
  expect(diff("a", "a\n\nb")).toBe("  a\n+\n+ b");
});
