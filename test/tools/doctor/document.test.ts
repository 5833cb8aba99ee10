import { expect, test } from "vitest";
import { CHECKS, LIMITS, TIMEOUTS } from "../../../tools/doctor/run.ts";
import { readOwn } from "../../support/repository.ts";

const DOCUMENT = readOwn("docs/doctor.md");

test("docs/doctor.md lists every check once, in order, with its symptoms", () => {
  const [, section = ""] = DOCUMENT.split("## Checks\n");
  const rows = section.split("\n## ")[0]?.match(/^\|.*\|$/gm) ?? [];
  const cells = rows.slice(2).map((row) => row.split("|").map((cell) => cell.trim()));
  const names = CHECKS.map(({ name }) => name);

  expect(cells.map(([, name]) => name)).toEqual(names.map((name) => `\`${name}\``));
  expect(cells.every((row) => row.slice(1, -1).filter((cell) => cell !== "").length === 4)).toBe(
    true,
  );
  expect(new Set(names).size).toBe(names.length);
});

test("docs/doctor.md has the timeouts and the limits", () => {
  expect(TIMEOUTS).toEqual({ connectMs: 10_000, firstByteMs: 30_000, stallMs: 30_000 });
  expect(DOCUMENT).toContain(
    "10 seconds to connect, 30 to the first byte, 30 for each further one",
  );
  expect(LIMITS).toEqual({ firstByteMs: 1500, bytesPerSecond: 256 * 1024 });
  expect(DOCUMENT).toContain("at most 1.5 s to the first byte, at least 256 KiB/s");
});
