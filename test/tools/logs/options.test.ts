import { describe, expect, test } from "vitest";
import { parseOptions } from "../../../tools/logs/options.ts";

test("no arguments follow everything", () => {
  expect(parseOptions([])).toEqual({ isJson: false, statuses: [], isStdin: false, tail: [] });
});

test("a dash reads stdin", () => {
  expect(parseOptions(["-", "--json"])).toEqual({
    isJson: true,
    statuses: [],
    isStdin: true,
    tail: [],
  });
});

test("--status may be repeated, and is not passed to wrangler", () => {
  const options = parseOptions(["--status", "error", "--status=canceled"]);

  expect(options?.statuses).toEqual(["error", "canceled"]);
  expect(options?.tail).toEqual([]);
});

test("every other option is passed to wrangler unchanged", () => {
  const args = [
    "--search",
    "nginx",
    "--ip=self",
    "--status",
    "error",
    "-e",
    "staging",
    "my-worker",
  ];

  expect(parseOptions(args)?.tail).toEqual([
    "--search",
    "nginx",
    "--ip=self",
    "-e",
    "staging",
    "my-worker",
  ]);
});

describe("invalid arguments:", () => {
  test.each([
    [["--status", "bad"]],
    [["--status"]],
    [["--format", "pretty"]],
    [["-", "--search", "nginx"]],
  ])("%j", (args) => {
    expect(parseOptions(args)).toBeNull();
  });
});
