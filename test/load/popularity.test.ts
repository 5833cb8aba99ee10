import { expect, test } from "vitest";
import { createZipf } from "./popularity.ts";
import { createRandom } from "./random.ts";

test("the first is picked twice as often as the second, and three times as often as the third", () => {
  const pick = createZipf(50, createRandom(1));
  const counts = new Array<number>(50).fill(0);
  for (let pulls = 0; pulls < 100_000; pulls += 1) {
    const picked = pick();
    counts[picked] = (counts[picked] ?? 0) + 1;
  }
  const [first = 0, second = 0, third = 0] = counts;
  expect(first / second).toBeCloseTo(2, 1);
  expect(first / third).toBeCloseTo(3, 0);
  expect(Math.min(...counts)).toBeGreaterThan(0);
});

test("equal seeds make equal picks", () => {
  const picks = (seed: number) => Array.from({ length: 20 }, createZipf(50, createRandom(seed)));
  expect(picks(7)).toEqual(picks(7));
  expect(picks(7)).not.toEqual(picks(8));
});
