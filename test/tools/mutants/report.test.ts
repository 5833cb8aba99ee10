import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Verdict } from "../../../tools/mutants/judge.ts";
import { figuresOf, reportOf } from "../../../tools/mutants/report.ts";
import { MUTANTS } from "../../../tools/mutants/table.ts";

const DOCUMENT = join(import.meta.dirname, "../../../docs/reliability-mutants.md");

function trial(name: string, verdict: Verdict) {
  return { mutant: { name, file: "sum.ts", from: "a - b", to: "a + b", tests: ["sum"] }, verdict };
}

test("the report has the figures, and a row for each mutant with the test that caught it", () => {
  const report = reportOf([
    trial("adds", { kind: "caught", by: "a | b\n<c>", isOutOfTime: false }),
    trial("multiplies", { kind: "lost" }),
  ]);

  expect(report).toContain("\n\n2 mutants, 1 caught, 1 lost.\n\n");
  expect(report).toContain("| adds | `src/sum.ts` | a \\| b \\<c\\> |\n");
  expect(report).toContain("| multiplies | `src/sum.ts` | **none** |\n");
});

test("the figures tell of mutants that are none, if there are any", () => {
  expect(figuresOf([trial("adds", { kind: "error", why: "it does not type-check" })])).toBe(
    "1 mutants, 0 caught, 0 lost, 1 in error",
  );
});

test("docs/reliability-mutants.md tells of the mutants that there are, and each is caught", () => {
  const document = readFileSync(DOCUMENT, "utf8");
  const rows = document.matchAll(/^\| (.*) \| `src\/(.*)` \| (.*) \|$/gm);
  const told = [...rows].map(([, name = "", file]) => ({ name: name.replaceAll("\\", ""), file }));

  expect(told).toEqual(MUTANTS.map(({ name, file }) => ({ name, file })));
  expect(document).toContain(`${MUTANTS.length} mutants, ${MUTANTS.length} caught, 0 lost.`);
});
