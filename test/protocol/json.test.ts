import { expect, test } from "vitest";
import { parseJsonObject } from "../../src/protocol/json.ts";

const encode = (text: string) => new TextEncoder().encode(text);

test.each([
  ['{"a":[1]}', { a: [1] }],
  ['{"ä":"€"}', { ä: "€" }],
  [" {} ", {}],
])("reads %j from text and from bytes", (text, value) => {
  expect(parseJsonObject(text)).toEqual(value);
  expect(parseJsonObject(encode(text))).toEqual(value);
});

test("reads bytes with a byte order mark", () => {
  expect(parseJsonObject(encode("\ufeff{}"))).toEqual({});
});

test.each(["", "null", "[]", "1", '"{}"', "true", "{", "{}{}", "{'a':1}", "undefined", "NaN"])(
  "returns null for %j",
  (text) => {
    expect(parseJsonObject(text)).toBeNull();
    expect(parseJsonObject(encode(text))).toBeNull();
  },
);

test.each([
  ["bytes that are not UTF-8", Uint8Array.of(0xff, 0xfe, 0x00)],
  ["100,000 nested lists", "[".repeat(100_000)],
  ["100,000 nested objects", '{"a":'.repeat(100_000)],
])("returns null for %s", (_, json) => {
  expect(parseJsonObject(json)).toBeNull();
});

test("treats __proto__ like any other name", () => {
  const parsed = parseJsonObject('{"__proto__":{"token":"x"}}');
  expect(parsed?.token).toBeUndefined();
  expect(({} as Record<string, unknown>).token).toBeUndefined();
});
