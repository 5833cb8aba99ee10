import { expect, test } from "vitest";
import { parseJsonObject } from "../../src/protocol/json.ts";

test("reads an object from text and from bytes", () => {
  expect(parseJsonObject('{"a":[1]}')).toEqual({ a: [1] });
  expect(parseJsonObject(new TextEncoder().encode('{"ä":"€"}'))).toEqual({ ä: "€" });
  expect(parseJsonObject(" {} ")).toEqual({});
});

test("reads an object behind a byte order mark", () => {
  expect(parseJsonObject(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d))).toEqual({});
});

test.each(["", "null", "[]", "1", '"{}"', "true", "{", "{}{}", "{'a':1}", "undefined", "NaN"])(
  "%j is no object",
  (text) => {
    expect(parseJsonObject(text)).toBeNull();
    expect(parseJsonObject(new TextEncoder().encode(text))).toBeNull();
  },
);

test("bytes that are no UTF-8 are no object, and do not throw", () => {
  expect(parseJsonObject(Uint8Array.of(0xff, 0xfe, 0x00))).toBeNull();
});

test("a hundred thousand open brackets are no object, and do not throw", () => {
  expect(parseJsonObject("[".repeat(100_000))).toBeNull();
  expect(parseJsonObject('{"a":'.repeat(100_000))).toBeNull();
});

test("a key __proto__ is a key like others and reaches no other object", () => {
  const parsed = parseJsonObject('{"__proto__":{"token":"x"}}');
  expect(parsed?.token).toBeUndefined();
  expect(({} as Record<string, unknown>).token).toBeUndefined();
});
