import { expect, test } from "vitest";
import { readList, readTable, readText } from "../../src/config/settings.ts";
import { envOf, misconfiguration } from "./misconfiguration.ts";

test.each([
  [{}, "60"],
  [{ TAG_TTL_SECONDS: undefined }, "60"],
  [{ TAG_TTL_SECONDS: null }, "60"],
  [{ TAG_TTL_SECONDS: 0 }, "0"],
  [{ TAG_TTL_SECONDS: "" }, ""],
  [{ TAG_TTL_SECONDS: " 5" }, " 5"],
  [{ TAG_TTL_SECONDS: { a: "b" } }, '{"a":"b"}'],
])("readText reads %j as %j", (vars, text) => {
  expect(readText(envOf(vars), "TAG_TTL_SECONDS")).toBe(text);
});

test("readText returns an empty text for a setting without a default", () => {
  expect(readText(envOf({}), "NAMESPACE")).toBe("");
});

test.each([
  [undefined, []],
  ["", []],
  [" ,\n", []],
  ["a, b\nc\t,d", ["a", "b", "c", "d"]],
])("readList reads %j as %j", (raw, entries) => {
  expect(readList(envOf({ IMAGES_ALLOW: raw }), "IMAGES_ALLOW")).toEqual(entries);
});

const TABLE = { "quay.io": "https://quay.io", "GHCR.io": "https://ghcr.io" };

test.each([
  ["wrangler.toml", TABLE],
  ["JSON", JSON.stringify(TABLE)],
  ["JSON in several lines", JSON.stringify(TABLE, null, 2)],
])("readTable reads a table from %s, with names in lower case", (_, raw) => {
  expect(readTable(envOf({ REGISTRIES: raw }), "REGISTRIES")).toEqual([
    ["quay.io", "https://quay.io"],
    ["ghcr.io", "https://ghcr.io"],
  ]);
});

test.each([{}, "{}", "", undefined])("readTable reads %j as an empty table", (raw) => {
  expect(readTable(envOf({ HOSTS: raw }), "HOSTS")).toEqual([]);
});

test.each([
  "quay.io",
  "quay.io=https://quay.io",
  "null",
  '{"quay.io":',
  [],
  ["https://quay.io"],
  1,
  true,
  { "quay.io": null },
  { "quay.io": 1 },
  { "quay.io": ["https://quay.io"] },
  { "quay.io": { url: "https://quay.io" } },
])("readTable rejects %j", (raw) => {
  const { message } = misconfiguration((env) => readTable(env, "REGISTRIES"), { REGISTRIES: raw });
  expect(message).toBe(
    'the mirror is misconfigured: REGISTRIES must be a table such as { "ghcr.io" = "https://ghcr.io" }',
  );
});
