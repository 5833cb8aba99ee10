import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sectionOf } from "../../tools/section.ts";
import { MARKS, reportOfSuccess } from "../faults/report.ts";

const DOCUMENT = readFileSync(join(import.meta.dirname, "../../docs/reliability.md"), "utf8");

test("docs/reliability.md tells of the faults that are tried now", () => {
  expect(sectionOf(DOCUMENT, MARKS)).toBe(reportOfSuccess());
});
