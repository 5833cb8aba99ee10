import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { type Value, writeEntry, writeItem } from "../../../../tools/setup/toml/literal.ts";

test.each<[string, Value, string]>([
  ["workers_dev", true, "workers_dev = true"],
  ["port", 8787, "port = 8787"],
  ["quay.io", "https://quay.io", '"quay.io" = "https://quay.io"'],
  ["crons", ["17 * * * *"], 'crons = ["17 * * * *"]'],
  ["none", [], "none = []"],
  ["simple", { limit: 60, period: 60 }, "simple = { limit = 60, period = 60 }"],
  [
    "routes",
    [{ pattern: "a.b", custom_domain: true }],
    'routes = [{ pattern = "a.b", custom_domain = true }]',
  ],
])("%s = %j is written as wrangler.toml has it", (key, value, text) => {
  expect(writeEntry(key, value)).toEqual([text]);
});

test("a list of several tables takes a line for each", () => {
  expect(writeEntry("routes", [{ pattern: "a.b" }, { pattern: "c.d" }])).toEqual([
    "routes = [",
    '  { pattern = "a.b" },',
    '  { pattern = "c.d" },',
    "]",
  ]);
  expect(writeItem({ pattern: "c.d" })).toBe('  { pattern = "c.d" },');
});

test.each(['"', "\\", "\n", "\t", "\u0000", "\u007f", "中文", "🚤", "a # b", "[x]"])(
  "the string %j is read as it was written, as a value and as a key",
  (text) => {
    expect(parse(writeEntry(text, text).join("\n"))).toEqual({ [text]: text });
  },
);
