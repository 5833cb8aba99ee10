import { describe, expect, test } from "vitest";
import { sectionOf } from "../../tools/section.ts";
import { cellsOf } from "../nightly/faults/cell.ts";
import { CASES } from "../nightly/faults/faults.ts";
import { type Counts, MARKS, reportOf } from "../nightly/faults/report.ts";
import { predict } from "../nightly/faults/rules.ts";
import { MARKS as LOAD_MARKS } from "../nightly/load/report.ts";
import { readOwn } from "../support/repository.ts";

const FAULTS = readOwn("docs/reliability.md");
const MUTANTS = readOwn("docs/reliability-mutants.md");
const LOAD = readOwn("docs/reliability-load.md");
const SECURITY = readOwn("SECURITY.md");

/** What a run comes to in which every cell is as foreseen. */
const FORESEEN: readonly Counts[] = CASES.map((one) => {
  const cells = cellsOf(one);
  const met = cells.filter((cell) => predict(cell).isStruck).length;
  return { place: one.place, cells: cells.length, met, survived: cells.length };
});

test("the run of docs/reliability.md tried the faults that are tried now, and all was well", () => {
  expect(sectionOf(FAULTS, MARKS)).toBe(reportOf(FORESEEN));
});

test("a report counts what its run counted, place by place and in all", () => {
  const counts: Counts[] = [
    { place: "token service", cells: 1_000, met: 7, survived: 999 },
    { place: "registry", cells: 10, met: 5, survived: 10 },
    { place: "token service", cells: 20, met: 1, survived: 20 },
  ];

  const rows = reportOf(counts).split("\n");

  expect(rows).toContain("| token service | 2 | 1,020 | 8 | 1,019 |");
  expect(rows).toContain("| registry | 1 | 10 | 5 | 10 |");
  expect(rows).toContain("| blob storage | 0 | 0 | 0 | 0 |");
  expect(rows).toContain("| all | 3 | 1,030 | 13 | 1,029 |");
});

describe("SECURITY.md has the figures of the last runs", () => {
  test("of faults", () => {
    const [, cells, survived] = /^\| all \| \d+ \| ([\d,]+) \| [\d,]+ \| ([\d,]+) \|$/m.exec(
      FAULTS,
    ) ?? [null, "no cells", "no survivors"];

    expect(survived).toBe(cells);
    expect(SECURITY).toContain(`${cells} combinations of a fault`);
  });

  test("of mutants", () => {
    const [, mutants, caught] = /^(\d+) mutants, (\d+) caught, 0 lost\.$/m.exec(MUTANTS) ?? [
      null,
      "no mutants",
      "none caught",
    ];

    expect(caught).toBe(mutants);
    expect(SECURITY).toContain(`${mutants} mistakes made on purpose`);
  });
});

test("docs/reliability-load.md has a run without R2 and one with it, of which all images pull", () => {
  const section = sectionOf(LOAD, LOAD_MARKS);

  expect(section).toContain("|  | without R2 | with R2 |\n");
  expect(section).toMatch(/^\| seconds \| 120 \| 120 \|$/m);
  expect(section).toMatch(/^\| images that pull afterwards \| 50 of 50 \| 50 of 50 \|$/m);
});
