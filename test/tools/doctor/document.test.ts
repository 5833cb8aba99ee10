import { expect, test } from "vitest";
import { CHECKS } from "../../../tools/doctor/checks.ts";
import { readOwn } from "../../support/repository.ts";

const DOCUMENT = readOwn("docs/doctor.md");
const names = CHECKS.map(({ name }) => name);

/** The rows of the table below a heading, cell by cell. */
function table(heading: string): string[][] {
  const [, section = ""] = DOCUMENT.split(`## ${heading}\n`);
  const rows = section.split("\n## ")[0]?.match(/^\|.*\|$/gm) ?? [];
  const cells = rows.map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
  return cells.slice(2);
}

test("docs/doctor.md has every check, in the order in which they run", () => {
  const documented = table("Checks").map(([name]) => name?.replaceAll("`", ""));

  expect(documented).toEqual(names);
});

test("each symptom names checks that there are, and every check tells one", () => {
  const rows = table("What users see, and which check tells it");
  const named = rows.flatMap(([, checks = ""]) =>
    [...checks.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );

  expect(rows.length).toBeGreaterThan(40);
  expect(rows.every(([, checks]) => checks?.includes("`"))).toBe(true);
  expect([...new Set(named)].filter((name) => !names.includes(name ?? ""))).toEqual([]);
  // These tell of the machine and the connection whatever happens.
  const told = [...named, "tls", "clock"];
  expect(names.filter((name) => !told.includes(name))).toEqual([]);
});

test("no name stands for two checks", () => {
  expect(new Set(names).size).toBe(names.length);
});
