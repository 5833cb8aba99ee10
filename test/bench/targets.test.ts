import { expect, test } from "vitest";
import type { Figure } from "../../bench/figure.ts";
import { judge } from "../../bench/targets.ts";

const FAR = "Wall time of a pull, upstream 200 ms away";

function wallTime(name: string, own: number, peer: number, section = FAR): Figure {
  const values = { sampan: 5000, "sampan-r2": own, "pass-through": peer };
  return { section, name, unit: "ms", better: "less", values };
}

test("a target is met up to its limit, and a figure that is not there is no success", () => {
  const met = [wallTime("warm, whole pull", 400, 2000), wallTime("cold, whole pull", 2000, 2000)];
  expect(judge(met).map(({ isMet, ratio }) => [isMet, ratio])).toEqual([
    [true, 0.2],
    [true, 1],
  ]);
  const missed = [wallTime("warm, whole pull", 401, 2000)];
  expect(judge(missed).map(({ isMet }) => isMet)).toEqual([false, null]);
});

test("a target holds however far away the stores are", () => {
  const near = wallTime("warm, whole pull", 1, 2000, "Wall time of a pull, upstream 0 ms away");
  const far = wallTime("warm, whole pull", 401, 2000, `${FAR}, KV and R2 30 ms`);
  expect(judge([near, far]).map(({ isMet }) => isMet)).toEqual([false, null]);
});
