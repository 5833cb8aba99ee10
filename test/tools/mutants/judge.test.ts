import { expect, test } from "vitest";
import { judge } from "../../../tools/mutants/judge.ts";

const PASSED_BEFORE = new Set(["adds", "subtracts"]);
const ADDS = { title: "adds", hasPassed: true, hasTimedOut: false };
const SUBTRACTS = { title: "subtracts", hasPassed: false, hasTimedOut: false };

test("a mutant is caught by the first test that fails and passed without it", () => {
  const results = [ADDS, SUBTRACTS];

  expect(judge({ results, problem: null }, PASSED_BEFORE)).toEqual({
    kind: "caught",
    by: "subtracts",
    isOutOfTime: false,
  });
});

test("a mutant that only a test without time has caught is to be tried again", () => {
  const results = [ADDS, { ...SUBTRACTS, hasTimedOut: true }];

  expect(judge({ results, problem: null }, PASSED_BEFORE)).toMatchObject({ isOutOfTime: true });
});

test("… unless another test has caught it too", () => {
  const results = [{ ...ADDS, hasPassed: false, hasTimedOut: true }, SUBTRACTS];

  expect(judge({ results, problem: null }, PASSED_BEFORE)).toEqual({
    kind: "caught",
    by: "subtracts",
    isOutOfTime: false,
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
  const results = [{ ...SUBTRACTS, title: "divides" }];

  expect(judge({ results, problem: null }, PASSED_BEFORE)).toEqual({
    kind: "error",
    why: "fails a test that is not there otherwise: divides",
  });
});
