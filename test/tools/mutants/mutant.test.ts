import { expect, test } from "vitest";
import { applyMutant } from "../../../tools/mutants/mutant.ts";

const MUTANT = { name: "adds", file: "sum.ts", from: "a - b", to: "a + b", tests: ["sum"] };

test("the mistake takes its one place, and all else stays", () => {
  expect(applyMutant("return a - b;\n", MUTANT)).toBe("return a + b;\n");
});

test("what would stand for a match in a pattern is text", () => {
  expect(applyMutant("x(.*)y", { ...MUTANT, from: "(.*)", to: "$&$1" })).toBe("x$&$1y");
});

test("a mistake without a place is an error that names it", () => {
  expect(() => applyMutant("return a * b;", MUTANT)).toThrow(
    '"adds": what it replaces occurs nowhere in src/sum.ts',
  );
});

test("a mistake with two places is an error that names it", () => {
  expect(() => applyMutant("a - b; a - b;", MUTANT)).toThrow(
    '"adds": what it replaces occurs more than once in src/sum.ts',
  );
});
