import { afterAll, beforeAll, expect, test } from "vitest";
import { BUDGETS } from "../../bench/budgets.ts";
import { type Figure, readValue } from "../../bench/figure.ts";
import { measureBundles } from "../../bench/measure/bundles.ts";
import { measurePulls } from "../../bench/measure/pulls.ts";
import { measureQuota } from "../../bench/measure/quota.ts";
import { bundle } from "../../bench/mirrors/bundle.ts";
import { type Mirror, startMirror } from "../../bench/mirrors/mirror.ts";

const mirrors: Mirror[] = [];
let figures: Figure[] = [];

beforeAll(async () => {
  const own = await bundle("src/worker.ts");
  mirrors.push(await startMirror({ name: "sampan", bundle: own, hasBlobs: false }));
  mirrors.push(await startMirror({ name: "sampan-r2", bundle: own, hasBlobs: true }));
  figures = [
    ...(await measurePulls(mirrors)),
    ...(await measureQuota(mirrors)),
    ...measureBundles(mirrors),
  ];
});

afterAll(async () => {
  for (const mirror of mirrors) await mirror.close();
});

test.each(BUDGETS)("$mirror: $section, $name: at most $atMost", (budget) => {
  const { mirror, atMost } = budget;
  const value = readValue(figures, budget, mirror);
  expect(value).not.toBeNull();
  expect(value).toBeLessThanOrEqual(atMost);
});

test("a cold pull makes the mirror ask, spend and write, so that nothing above is nothing counted", () => {
  const costs = (section: string) =>
    readValue(figures, { section, name: "cold, multi-arch" }, "sampan");
  expect(costs("Upstream requests of a pull")).toBeGreaterThan(3);
  expect(costs("Docker Hub's quota, a pull")).toBe(2);
  expect(costs("KV writes of a pull")).toBeGreaterThan(0);
  expect(costs("KV reads of a pull")).toBeGreaterThan(0);
});
