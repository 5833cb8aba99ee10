import { expect, test } from "vitest";
import { readOwn } from "../support/repository.ts";

const ENGLISH = readOwn("README.md");
const CHINESE = readOwn("README.zh-CN.md");
const REPORT = /bench\/results\/[\d-]+\.md/;

test("the READMEs have the figures of the report that they link", () => {
  const [path = ""] = REPORT.exec(ENGLISH) ?? [];
  const [, section = ""] = readOwn(path).split("## Figures of the README");
  const values = [...section.matchAll(/^- .+: (.+)$/gm)].map(([, value = ""]) => value);
  expect(values).toHaveLength(4);
  for (const value of values) {
    // Not a part of a longer number.
    const whole = new RegExp(`(?<![\\d.])${value}(?!\\d)`);
    expect(ENGLISH).toMatch(whole);
    expect(CHINESE).toMatch(whole);
  }
});

test("the plot of the READMEs and the run of bench/README.md are those of the same report", () => {
  const [path = ""] = REPORT.exec(ENGLISH) ?? [];
  const name = path.replace(/\.md$/, "");
  expect(ENGLISH).toContain(`${name}-summary.svg`);
  expect(readOwn(`${name}-summary.svg`)).toContain("prefers-color-scheme: dark");
  expect(readOwn("bench/README.md")).toContain(path.replace("bench/", ""));
});
