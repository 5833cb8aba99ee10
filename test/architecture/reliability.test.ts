import { expect, test } from "vitest";
import { sectionOf } from "../../tools/section.ts";
import { MARKS, reportOfSuccess } from "../faults/report.ts";
import { readOwn } from "../support/repository.ts";

const DOCUMENT = readOwn("docs/reliability.md");

test("docs/reliability.md tells of the faults that are tried now", () => {
  expect(sectionOf(DOCUMENT, MARKS)).toBe(reportOfSuccess());
});
