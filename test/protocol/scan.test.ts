import { expect, test } from "vitest";
import { matchAt } from "../../src/protocol/scan.ts";

test("matchAt matches only at the position, whatever it matched before", () => {
  const pattern = /b+/y;
  expect(matchAt(pattern, "abbc", 0)).toBeNull();
  expect(matchAt(pattern, "abbc", 1)?.[0]).toBe("bb");
  expect(pattern.lastIndex).toBe(3);
  expect(matchAt(pattern, "abbc", 3)).toBeNull();
  expect(matchAt(pattern, "abbc", 2)?.[0]).toBe("b");
});
