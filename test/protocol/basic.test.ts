import { expect, test } from "vitest";
import { parseBasic, parseBearer } from "../../src/protocol/basic.ts";

const encode = (text: string) => new TextEncoder().encode(text).toBase64();

test.each([
  [`Basic ${encode("a:b")}`, "a", "b"],
  [`basic   ${encode("a:b")}  `, "a", "b"],
  [`Basic ${encode("a:b:c")}`, "a", "b:c"],
  [`Basic ${encode(":")}`, "", ""],
  [`Basic ${encode("ä:ß ü")}`, "ä", "ß ü"],
  [`Basic ${encode("a:\u0000\n")}`, "a", "\u0000\n"],
  ["Basic YTpi", "a", "b"],
])("parseBasic reads %j", (header, username, password) => {
  expect(parseBasic(header)).toEqual({ username, password });
});

test.each([
  null,
  "",
  "Basic",
  "Basic ",
  "Basic =",
  "Basic ====",
  `Basic${encode("a:b")}`,
  `Basic ${encode("ab")}`,
  `Basic ${encode("a:b")} x`,
  `Basic ${encode("a:b")},Basic ${encode("a:b")}`,
  `Basic\t${encode("a:b")}`,
  `Bearer ${encode("a:b")}`,
  "Basic a-_b",
  "Basic YTpi=YTpi",
  `Basic ${"=".repeat(4000)}`,
  `Basic${" ".repeat(4000)}x`,
])("parseBasic returns null for %j", (header) => {
  expect(parseBasic(header)).toBeNull();
});

test.each([
  ["Bearer t", "t"],
  ["bearer  a.b-c_d~+/= ", "a.b-c_d~+/="],
  [null, null],
  ["", null],
  ["Bearer", null],
  ["Bearer ", null],
  ["Bearert", null],
  ["Bearer a b", null],
  ["Bearer a\u0000", null],
  ["Bearer ä", null],
  ["Basic t", null],
])("parseBearer reads %j as %j", (header, token) => {
  expect(parseBearer(header)).toBe(token);
});
