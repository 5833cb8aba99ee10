import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyMutant } from "../../../tools/mutants/mutant.ts";
import { MUTANTS } from "../../../tools/mutants/table.ts";

const ROOT = join(import.meta.dirname, "../../..");

describe("every mutant", () => {
  test.each(MUTANTS)("$name: has one place in its file", (mutant) => {
    const source = readFileSync(join(ROOT, "src", mutant.file), "utf8");

    expect(applyMutant(source, mutant)).not.toBe(source);
  });

  test.each(MUTANTS)("$name: has tests that are there", ({ tests }) => {
    expect(tests).not.toEqual([]);
    expect(tests.filter((path) => !existsSync(join(ROOT, `test/${path}.test.ts`)))).toEqual([]);
  });
});

test("no two mutants have one name, or make the same mistake", () => {
  const names = MUTANTS.map(({ name }) => name);
  const mistakes = MUTANTS.map(({ file, from, to }) => JSON.stringify([file, from, to]));

  expect(new Set(names).size).toBe(MUTANTS.length);
  expect(new Set(mistakes).size).toBe(MUTANTS.length);
});

test("mistakes are tried in every part of the source", () => {
  const folders = new Set(MUTANTS.map(({ file }) => file.split("/").slice(0, -1).join("/")));

  expect([...folders].sort()).toEqual(["", "cache", "mirror", "protocol", "upstream"]);
});
