import { expect, test } from "vitest";
import { LIMITS } from "../../../tools/doctor/checks/latency.ts";
import { CHECKS } from "../../../tools/doctor/checks.ts";
import { BOUNDS } from "../../../tools/doctor/examine.ts";
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

test("it tells how long is waited, and what is slow", () => {
  const [connect, firstByte, body] = Object.values(BOUNDS).map((ms) => ms / 1000);
  expect(DOCUMENT).toContain(
    `${connect} seconds to connect, ${firstByte} to the first byte, ${body} for a body`,
  );
  const { firstByteMs, bytesPerSecond } = LIMITS;
  expect(
    table("Checks")
      .find(([name]) => name === "`latency`")
      ?.at(-1),
  ).toBe(
    `at most ${firstByteMs / 1000} s to the first byte, at least ${bytesPerSecond / 1024} KiB/s`,
  );
});
