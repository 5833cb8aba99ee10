import { expect, test } from "vitest";
import { matchAt } from "../../src/protocol/scan.ts";

test("matches at the place itself, not behind it, and tells where the match ends", () => {
  const pattern = /b+/y;
  expect(matchAt(pattern, "abbc", 0)).toBeNull();
  expect(matchAt(pattern, "abbc", 1)?.[0]).toBe("bb");
  expect(pattern.lastIndex).toBe(3);
});

test("forgets where it matched before", () => {
  const pattern = /a/y;
  matchAt(pattern, "aaa", 2);
  expect(matchAt(pattern, "aaa", 0)?.index).toBe(0);
  expect(matchAt(pattern, "aaa", 3)).toBeNull();
});
