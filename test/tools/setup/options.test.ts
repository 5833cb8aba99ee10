import { expect, test } from "vitest";
import { parseOptions } from "../../../tools/setup/options.ts";

test.each([
  [[], { isDryRun: false }],
  [["--dry-run"], { isDryRun: true }],
  [["--dry"], null],
  [["mirror.example.com"], null],
])("%j", (args, options) => {
  expect(parseOptions(args)).toEqual(options);
});
