import { afterAll, beforeAll, expect, test } from "vitest";
import { createFigures, formatRange, median, rotate, type Unit } from "../../bench/figures.ts";
import { connectMirror, type Mirror } from "../../bench/mirrors.ts";
import { drawPlot, PLOTS, type Plot } from "../../bench/plot.ts";
import { timePulls } from "../../bench/pulls.ts";
import { createReport, createTables, formatValue } from "../../bench/report.ts";
import { type ServedHub, serveHub } from "../support/serve.ts";

let upstream: ServedHub;
let direct: Mirror;

beforeAll(async () => {
  upstream = await serveHub();
  direct = connectMirror("direct", upstream.origins.registry, upstream);
});

afterAll(() => upstream.close());

test("each request waits for its own host: ping, tag, index, manifest; token; layers", async () => {
  const figures = createFigures();
  const latency = { registry: 20, auth: 100, storage: 60 };
  await timePulls([direct], { latency, storeLatencyMs: 0 }, 1, figures);
  const section = "Duration of a pull, upstream 20/100/60 ms away";
  const time = (name: string) => figures.read(section, name, "direct") ?? 0;
  expect(time("cold, manifests")).toBeGreaterThan(4 * 20 + 100 - 10);
  // Six blobs, three at once, each with a redirect and a download.
  expect(time("cold, whole pull") - time("cold, manifests")).toBeGreaterThan(2 * (20 + 60) - 10);
  expect(figures.read(section, "after the tag window, manifests", "direct")).toBeNull();
});

test("the upstream is near again after pulls were timed", async () => {
  const hour = 3_600_000;
  const latency = { registry: hour, auth: hour, storage: hour };
  await timePulls([direct], { latency, storeLatencyMs: 0 }, 0, createFigures());
  for (const origin of Object.values(upstream.origins)) {
    expect((await fetch(`${origin}/none`)).status).toBeGreaterThanOrEqual(400);
  }
});

test.each([
  { samples: [3], middle: 3 },
  { samples: [9, 1, 5], middle: 5 },
  { samples: [4, 1, 9, 2], middle: 3 },
  { samples: [], middle: null },
])("the median of $samples is $middle", ({ samples, middle }) => {
  expect(median(samples)).toBe(middle);
});

test("the range of samples is from the lowest to the highest; one sample has none", () => {
  expect(formatRange([30, 4, 20], String)).toBe("4 to 30");
  expect(formatRange([30], String)).toBeNull();
  expect(formatRange([], String)).toBeNull();
});

test("ratios are to the pass-through in the same round", () => {
  const figures = createFigures();
  const add = (mirror: string, ms: number) =>
    figures.add({ section: "Time", name: "cold", unit: "ms" }, mirror, ms);
  for (const ms of [50, 400, 90]) add("sampan", ms);
  for (const ms of [100, 200, 900]) add("pass-through", ms);
  for (const ms of [10, 10, 10, 10]) add("longer", ms);
  expect(figures.ratios("Time", "cold", "sampan")).toEqual([0.5, 2, 0.1]);
  expect(figures.ratios("Time", "cold", "longer")).toHaveLength(3);
  expect(figures.ratios("Time", "cold", "unmeasured")).toEqual([]);
  expect(figures.ratios("Time", "warm", "sampan")).toEqual([]);
});

test("each round starts with another item, and contains all", () => {
  const rounds = [0, 1, 2, 3].map((round) => rotate(["a", "b", "c"], round).join(""));
  expect(rounds).toEqual(["abc", "bca", "cab", "abc"]);
  expect(rotate([], 1)).toEqual([]);
});

test.each([
  [3, "requests", "3"],
  [0, "operations", "0"],
  [1234.5, "hits/s", "1,235 hits/s"],
  [2.34, "ms", "2.3 ms"],
  [23.4, "ms", "23 ms"],
  [20.55, "KiB", "21 KiB"],
  [1.234, "ms of CPU", "1.23 ms"],
  [null, "ms", "–"],
] as const)("%s %s is reported as %j", (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text);
});

test("timed values have their ratio to the pass-through, counts do not", () => {
  const figures = createFigures();
  for (const [section, unit] of [
    ["Time", "ms"],
    ["Requests", "requests"],
  ] as const) {
    figures.add({ section, name: "cold", unit }, "sampan", 50);
    figures.add({ section, name: "cold", unit }, "pass-through", 200);
    figures.add({ section, name: "cold", unit }, "unmeasured", null);
    figures.add({ section, name: "warm", unit }, "sampan", 5);
  }
  expect(createTables(figures)).toEqual([
    `## Time

|      |         sampan | pass-through |
| ---- | -------------: | -----------: |
| cold | 50 ms (0.250×) |       200 ms |
| warm |           5 ms |            – |`,
    `## Requests

|      | sampan | pass-through |
| ---- | -----: | -----------: |
| cold |     50 |          200 |
| warm |      5 |            – |`,
  ]);
});

test("timed values have the lowest and highest round: of the ratios, or else of the values", () => {
  const figures = createFigures();
  const add = (name: string, unit: Unit, mirror: string, samples: readonly number[]) => {
    for (const sample of samples) figures.add({ section: "All", name, unit }, mirror, sample);
  };
  add("cold", "ms", "sampan", [50, 400, 90]);
  add("cold", "ms", "pass-through", [100, 200, 900]);
  add("warm tag", "ms of CPU", "sampan", [0.1, 0.3, 0.25]);
  expect(createTables(figures)).toEqual([
    `## All

| 3 rounds |                        sampan |        pass-through |
| -------- | ----------------------------: | ------------------: |
| cold     | 90 ms (0.500×, 0.100 to 2.00) | 200 ms (100 to 900) |
| warm tag |        0.25 ms (0.10 to 0.30) |                   – |`,
  ]);
});

test("the report has a row for each figure of the README, with the outcome", () => {
  const figures = createFigures();
  const add = (mirror: string, ms: number) =>
    figures.add(
      { section: "Duration of a pull, upstream 200 ms away", name: "warm, whole pull", unit: "ms" },
      mirror,
      ms,
    );
  for (const ms of [40, 60, 50]) add("sampan", ms);
  for (const ms of [2000, 2000, 2000]) add("pass-through", ms);
  figures.add({ section: "Bundle", name: "gzipped", unit: "KiB" }, "sampan", 1000);
  const report = createReport(figures, {
    ...{ date: "2026-11-30T05:00:00Z", seconds: 1, commit: "abc", machine: "", loadBefore: 0 },
  }).join("\n");
  const rows = report.split("## Figures of the README")[1]?.replaceAll(/ +/g, " ");
  expect(rows).toContain("| warm pull | at most 5 % | 2.5 % (2 to 3) | ✓ |");
  expect(rows).toContain("| bundle, gzipped | at most 45 KiB | 1000 KiB | ✗ |");
  expect(rows).toContain("| cold pull | 80 to 95 % | left out, needs --readme | – |");
});

const plotNamed = (wanted: string) => PLOTS.find(({ name }) => name === wanted) as Plot;
const barsOf = (plot: string) =>
  [...plot.matchAll(/<rect x="270" y="\d+" width="(\d+)"/g)].map(([, width]) => width);

test("a plot has one bar per mirror and figure, in proportion to its value", () => {
  const figures = createFigures();
  const section = "Duration of a pull, upstream 50 ms away";
  for (const [name, mirror, ms] of [
    ["cold, whole pull", "a&b", 200],
    ["cold, whole pull", "pass-through", 400],
    ["cold, manifests", "a&b", 100],
  ] as const) {
    figures.add({ section, name, unit: "ms" }, mirror, ms);
  }
  const plot = drawPlot(plotNamed("durations"), figures);
  expect(barsOf(plot)).toEqual(["160", "320"]);
  expect(plot).toContain(">a&amp;b</text>");
  expect(plot).toContain(">400</text>");
  figures.add({ section, name: "cold, whole pull", unit: "ms" }, "pass-through", 600);
  expect(drawPlot(plotNamed("durations"), figures)).toContain(">500 (400 to 600)</text>");
  expect(plot).toContain("@media (prefers-color-scheme: dark)");
});

test.each([
  ["summary", "Duration of a pull, upstream 200 ms away", "warm, whole pull", "ms"],
  ["requests", "Upstream requests per pull", "warm", "requests"],
  ["requests", "Docker Hub quota per pull", "warm", "pulls"],
  ["hits", "Repeated requests for a manifest, by tag", "rate, with its log", "hits/s"],
  ["cpu", "Extra CPU of a request over the pass-through", "login", "ms of CPU"],
] as const)("the plot of %s draws: %s", (name, section, figure, unit) => {
  const figures = createFigures();
  figures.add({ section, name: figure, unit }, "sampan", 2);
  figures.add({ section: "Bundle", name: "gzipped", unit: "KiB" }, "sampan", 45);
  expect(barsOf(drawPlot(plotNamed(name), figures))).toEqual(["320"]);
});
