import { expect, test } from "vitest";
import type { Check } from "../../../tools/doctor/check.ts";
import { failure, ok, warning } from "../../../tools/doctor/finding.ts";
import { Unanswered } from "../../../tools/doctor/http/reply.ts";
import { run } from "../../../tools/doctor/run.ts";
import { parseTarget } from "../../../tools/doctor/target.ts";
import type { Visit } from "../../../tools/doctor/visit.ts";

const visit = { target: parseTarget("https://mirror.example.com") } as Visit;

function check(name: string, run: Check["run"], isGate = false): Check {
  return { name, isGate, run };
}

test("checks run in their order, and what does not apply is not told", async () => {
  const checks = [
    check("a", async () => ok("fine")),
    check("b", async () => null),
    check("c", async () => warning("hm", "do")),
  ];

  expect(await run(checks, visit)).toEqual({
    results: [
      { check: "a", level: "ok", evidence: "fine", remedy: null },
      { check: "c", level: "warning", evidence: "hm", remedy: "do" },
    ],
    notChecked: [],
  });
});

test("after the failure of a gate nothing else is run, after a warning all is", async () => {
  const checks = [
    check("a", async () => warning("hm", "do"), true),
    check("b", async () => failure("no", "do"), true),
    check("c", async () => ok("fine")),
  ];

  const { results, notChecked } = await run(checks, visit);

  expect(results.map(({ check }) => check)).toEqual(["a", "b"]);
  expect(notChecked).toEqual(["c"]);
});

test("one error that several checks meet is told once", async () => {
  const error = new Unanswered("tcp", Object.assign(new Error("x"), { code: "ETIMEDOUT" }));
  const fail = async () => Promise.reject(error);

  const { results, notChecked } = await run([check("a", fail), check("b", fail)], visit);

  expect(results).toMatchObject([{ check: "a", level: "failure" }]);
  expect(notChecked).toEqual(["b"]);
});

test("a fault of the doctor's own is a failure of that check alone", async () => {
  const checks = [
    check("a", async () => Promise.reject(new TypeError("oops"))),
    check("b", async () => ok("fine")),
  ];

  const { results } = await run(checks, visit);

  expect(results).toMatchObject([
    { check: "a", level: "failure", evidence: "the doctor itself failed: TypeError: oops" },
    { check: "b", level: "ok" },
  ]);
});
