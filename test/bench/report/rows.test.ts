import { expect, test } from "vitest";
import { formatValue, sectionsOf } from "../../../bench/report/rows.ts";

test.each([
  [3, "requests", "3"],
  [0, "operations", "0"],
  [1234.5, "hits/s", "1,235 hits/s"],
  [2.34, "ms", "2.3 ms"],
  [23.4, "ms", "23 ms"],
  [20.55, "KiB", "21 KiB"],
  [null, "ms", "–"],
] as const)("%s %s is told as %j", (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text);
});

test("what was timed stands beside its ratio to the peer, what was counted stands alone", () => {
  const values = { sampan: 50, "pass-through": 200, other: null };
  const figures = [
    { section: "Time", name: "cold", unit: "ms", better: "less", values },
    { section: "Requests", name: "cold", unit: "requests", better: "less", values },
  ] as const;
  expect(sectionsOf({ figures, mirrors: ["sampan", "pass-through", "other"] })).toEqual([
    {
      title: "Time",
      head: ["", "sampan", "pass-through", "other"],
      rows: [["cold", "50 ms (0.250×)", "200 ms", "–"]],
    },
    {
      title: "Requests",
      head: ["", "sampan", "pass-through", "other"],
      rows: [["cold", "50", "200", "–"]],
    },
  ]);
});
