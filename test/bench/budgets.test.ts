import { afterAll, beforeAll, expect, test } from "vitest";
import { BUDGETS, CPU_BUDGETS, checkTargets, findExceeded } from "../../bench/budgets.ts";
import { CLAIMS, checkClaims } from "../../bench/claims.ts";
import { createFigures } from "../../bench/figures.ts";
import { type Mirror, startMirror } from "../../bench/mirrors.ts";
import { countHundred, countPulls } from "../../bench/pulls.ts";
import { measureBundle } from "../../bench/rates.ts";
import { bundle } from "../../bench/workerd.ts";

const mirrors: Mirror[] = [];
const figures = createFigures();

beforeAll(async () => {
  const own = await bundle("src/worker.ts");
  mirrors.push(await startMirror("sampan", own, false));
  mirrors.push(await startMirror("sampan-r2", own, true));
  for (const mirror of mirrors) {
    await countPulls(mirror, figures);
    await countHundred(mirror, figures);
    measureBundle(mirror, figures);
  }
});

afterAll(async () => {
  for (const mirror of mirrors) await mirror.close();
});

test.each(BUDGETS)(
  "$mirror: $section, $name: at most $atMost",
  ({ mirror, section, name, atMost }) => {
    const value = figures.read(section, name, mirror);
    expect(value).not.toBeNull();
    expect(value).toBeLessThanOrEqual(atMost);
  },
);

test("a cold pull causes upstream requests, quota, KV reads and KV writes, so that these are counted", () => {
  const read = (section: string) => figures.read(section, "cold, multi-arch", "sampan");
  expect(read("Upstream requests per pull")).toBeGreaterThan(3);
  expect(read("Docker Hub quota per pull")).toBe(2);
  expect(read("KV writes per pull")).toBeGreaterThan(0);
  expect(read("KV reads per pull")).toBeGreaterThan(0);
});

test("a figure above its budget is reported, and so is one that was not measured", () => {
  const large = createFigures();
  large.add({ section: "Bundle", name: "gzipped", unit: "KiB" }, "sampan", 45.1);
  const exceeded = findExceeded(large);
  expect(exceeded).toContainEqual({
    ...{ mirror: "sampan", section: "Bundle", name: "gzipped" },
    ...{ atMost: 45, value: 45.1 },
  });
  expect(exceeded).toHaveLength(BUDGETS.length + CPU_BUDGETS.length);
});

test("a target is met up to its limit, and not without figures", () => {
  const far = "Duration of a pull, upstream 200 ms away";
  const measured = createFigures();
  const add = (section: string, name: string, mirror: string, ms: number) =>
    measured.add({ section, name, unit: "ms" }, mirror, ms);
  for (const section of [far, `${far}, KV and R2 150 ms`]) {
    add(section, "warm, whole pull", "pass-through", 2000);
    add(section, "cold, whole pull", "pass-through", 2000);
  }
  add(far, "warm, whole pull", "sampan", 100);
  add(far, "cold, whole pull", "sampan", 1501);
  add(`${far}, KV and R2 150 ms`, "cold, whole pull", "sampan", 2000);
  expect(checkTargets(measured)).toEqual([
    { text: `sampan, ${far}: warm, at most 0.05×`, ratio: 0.05, isMet: true },
    { text: `sampan-r2, ${far}, KV and R2 50 ms: warm, at most 0.05×`, ratio: null, isMet: null },
    { text: `sampan, ${far}: cold, at most 0.75×`, ratio: 0.7505, isMet: false },
    { text: `sampan, ${far}, KV and R2 150 ms: cold, at most 1×`, ratio: 1, isMet: true },
  ]);
});

test("the exact figures of the README are those of this mirror", () => {
  const exact = checkClaims(figures).filter((_, index) => CLAIMS[index]?.unit !== " %");
  expect(exact.map(({ isReproduced }) => isReproduced)).toEqual(Array(9).fill(true));
});
