import { describe, expect, test } from "vitest";
import { parseOptions } from "../../../tools/logs/options.ts";

test("nothing said follows everything", () => {
  expect(parseOptions([])).toEqual({ isJson: false, statuses: [], isStdin: false, tail: [] });
});

test("a dash reads from stdin", () => {
  expect(parseOptions(["-", "--json"])).toEqual({
    isJson: true,
    statuses: [],
    isStdin: true,
    tail: [],
  });
});

test("a status may be repeated, and is not for wrangler: it counts answered errors as ok", () => {
  const options = parseOptions(["--status", "error", "--status=canceled"]);

  expect(options?.statuses).toEqual(["error", "canceled"]);
  expect(options?.tail).toEqual([]);
});

test("every other option goes to wrangler as it stands", () => {
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

describe("wrong usage is", () => {
  test.each([
    [["--status", "bad"]],
    [["--status"]],
    [["--format", "pretty"]],
    [["-", "--search", "nginx"]],
  ])("%j", (args) => {
    expect(parseOptions(args)).toBeNull();
  });
});
