import { expect, test } from "vitest";
import { diff } from "../../../tools/setup/diff.ts";

test("changed lines are shown with one line on each side", () => {
  expect(diff("a\nb\nc\nd\ne\n", "a\nb\nX\nd\ne\n")).toBe("  …\n  b\n- c\n+ X\n  d");
});

test("distant changes are separated", () => {
  expect(diff("1\n2\n3\n4\n5\n6\n7", "1\n3\n4\n5\n6\n8\n7")).toBe(
    "  1\n- 2\n  3\n  …\n  6\n+ 8\n  7",
  );
});

test("as few lines as possible are changed", () => {
  expect(diff("a\nb\na\nb", "b\na\nb")).toBe("- a\n  b");
});

test("equal texts have no difference, whatever their line ends", () => {
  expect(diff("a\nb", "a\r\nb")).toBe("");
});

test("an empty line has no trailing space", () => {
  expect(diff("a", "a\n\nb")).toBe("  a\n+\n+ b");
});
