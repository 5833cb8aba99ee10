import { expect, test } from "vitest";
import { parseOptions } from "../../../tools/logs/options.ts";

const NONE = { isJson: false, statuses: [], isStdin: false, tail: [] };

test.each([
  ["", NONE],
  ["-", { ...NONE, isStdin: true }],
  ["- --json", { ...NONE, isStdin: true, isJson: true }],
  ["--status error --status=canceled", { ...NONE, statuses: ["error", "canceled"] }],
  [
    "--search nginx --ip=self --status error -e staging my-worker",
    {
      ...NONE,
      statuses: ["error"],
      tail: "--search nginx --ip=self -e staging my-worker".split(" "),
    },
  ],
])("the arguments %j are read; others than --json and --status go to wrangler", (args, options) => {
  expect(parseOptions(args.split(" ").filter((arg) => arg !== ""))).toEqual(options);
});

test.each(["--status bad", "--status", "--format pretty", "- --search nginx"])(
  "the arguments %j are invalid",
  (args) => {
    expect(parseOptions(args.split(" "))).toBeNull();
  },
);
