import { afterAll, beforeAll, expect, test } from "vitest";
import { BUDGETS, checkTargets, findExceeded } from "../../bench/budgets.ts";
import { createFigures } from "../../bench/figures.ts";
import { type Mirror, startMirror } from "../../bench/mirrors.ts";
import { countHundred, countPulls } from "../../bench/pulls.ts";
import { measureSizes } from "../../bench/rates.ts";
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
    measureSizes(mirror, figures);
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
  expect(exceeded).toHaveLength(BUDGETS.length);
});

test("a target is met up to its limit, at any distance of the stores, and not without figures", () => {
  const check = (warmMs: number, coldMs: number | null) => {
    const measured = createFigures();
    const section = "Duration of a pull, upstream 200 ms away, KV and R2 30 ms";
    const add = (name: string, mirror: string, ms: number | null) =>
      measured.add({ section, name, unit: "ms" }, mirror, ms);
    add("warm, whole pull", "sampan-r2", warmMs);
    add("warm, whole pull", "pass-through", 2000);
    add("cold, whole pull", "sampan-r2", coldMs);
    add("cold, whole pull", "pass-through", 2000);
    return checkTargets(measured).map(({ ratio, isMet }) => [ratio, isMet]);
  };
  expect(check(400, 2000)).toEqual([
    [0.2, true],
    [1, true],
  ]);
  expect(check(401, null)).toEqual([
    [0.2005, false],
    [null, null],
  ]);
});
