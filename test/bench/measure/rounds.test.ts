import { expect, test } from "vitest";
import { rotate } from "../../../bench/measure/rounds.ts";

test("each round begins with another, and has them all", () => {
  const rounds = [0, 1, 2, 3].map((round) => rotate(["a", "b", "c"], round).join(""));
  expect(rounds).toEqual(["abc", "bca", "cab", "abc"]);
  expect(rotate([], 1)).toEqual([]);
});
