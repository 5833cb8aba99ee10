import { expect, test } from "vitest";
import { isNewer, parseVersion } from "../../../tools/release/version.ts";

test("a version is three numbers", () => {
  expect(parseVersion("1.20.3")).toEqual([1, 20, 3]);
  for (const text of ["", "1.2", "v1.2.3", "1.2.3-rc.1", "01.2.3", "1.2.3\n"]) {
    expect(parseVersion(text), text).toBeNull();
  }
});

test("a version follows those that are less, number by number", () => {
  expect(isNewer([0, 2, 0], [0, 1, 9])).toBe(true);
  expect(isNewer([0, 10, 0], [0, 9, 0])).toBe(true);
  expect(isNewer([1, 0, 0], [0, 9, 9])).toBe(true);
  expect(isNewer([0, 1, 0], [0, 1, 0])).toBe(false);
  expect(isNewer([0, 1, 9], [0, 2, 0])).toBe(false);
});
