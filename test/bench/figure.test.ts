import { expect, test } from "vitest";
import { figureOfSamples, median, readValue } from "../../bench/figure.ts";

test.each([
  { samples: [3], middle: 3 },
  { samples: [9, 1, 5], middle: 5 },
  { samples: [4, 1, 9, 2], middle: 3 },
  { samples: [], middle: null },
])("the median of $samples is $middle", ({ samples, middle }) => {
  expect(median(samples)).toBe(middle);
});

test("a figure is read by section, name and mirror, and is null where nobody has measured", () => {
  const what = { section: "Bundle", name: "gzipped", unit: "KiB", better: "less" } as const;
  const figures = [figureOfSamples(what, { a: [3, 1, 2], b: [] })];
  expect(readValue(figures, what, "a")).toBe(2);
  expect(readValue(figures, what, "b")).toBeNull();
  expect(readValue(figures, what, "c")).toBeNull();
  expect(readValue(figures, { section: "Bundle", name: "raw" }, "a")).toBeNull();
});
