import { expect, test } from "vitest";
import { judge } from "../../../tools/mutants/judge.ts";

const PASSED_BEFORE = new Set(["adds", "subtracts"]);
const ADDS = { title: "adds", hasPassed: true };

test("a mutant is caught by the first test that fails and passed without it", () => {
  const results = [ADDS, { title: "subtracts", hasPassed: false }];

  expect(judge({ results, problem: null }, PASSED_BEFORE)).toEqual({
    kind: "caught",
    by: "subtracts",
  });
});

test("a mutant with which every test passes is lost", () => {
  expect(judge({ results: [ADDS], problem: null }, PASSED_BEFORE)).toEqual({ kind: "lost" });
});

test("a mutant with which tests cannot be run is not caught", () => {
  expect(judge({ results: [], problem: "no end within 120 s" }, PASSED_BEFORE)).toEqual({
    kind: "error",
    why: "no end within 120 s",
  });
});

test("a mutant is not caught by a test that was not tried without it", () => {
  const results = [{ title: "divides", hasPassed: false }];

  expect(judge({ results, problem: null }, PASSED_BEFORE)).toEqual({
    kind: "error",
    why: "fails a test that is not there otherwise: divides",
  });
});
