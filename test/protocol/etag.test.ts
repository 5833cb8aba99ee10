import { expect, test } from "vitest";
import type { Digest } from "../../src/protocol/digest.ts";
import { allowsRange, etag, namesDigest } from "../../src/protocol/etag.ts";

const DIGEST = `sha256:${"a".repeat(64)}` as Digest;
const OTHER = `sha256:${"b".repeat(64)}` as Digest;
const QUOTED = `"${DIGEST}"`;

test("an entity tag is the quoted digest", () => {
  expect(etag(DIGEST)).toBe(QUOTED);
});

test.each([
  ["the entity tag", QUOTED, true],
  ["a weak entity tag", `W/${QUOTED}`, true],
  ["a star", "*", true],
  ["a list", `"x", ${QUOTED}`, true],
  ["a list without spaces", `"x",W/${QUOTED},"y"`, true],
  ["white space", `  ${QUOTED}\t`, true],
  ["empty elements", `,, ${QUOTED},`, true],
  ["no header", null, false],
  ["an empty header", "", false],
  ["another digest", `"${OTHER}"`, false],
  ["no quotes", DIGEST, false],
  ["one quote", `"${DIGEST}`, false],
  ["a longer tag", `"${DIGEST}0"`, false],
  ["a lower-case weakness", `w/${QUOTED}`, false],
  ["a repeated weakness", `W/W/${QUOTED}`, false],
  ["upper case", QUOTED.toUpperCase(), false],
  ["a star in quotes", '"*"', false],
])("If-None-Match with %s: %s", (_, header, expected) => {
  expect(namesDigest(header, DIGEST)).toBe(expected);
});

test.each([
  [null, true],
  [QUOTED, true],
  [` ${QUOTED} `, true],
  [`W/${QUOTED}`, false],
  [`"${OTHER}"`, false],
  ["*", false],
  ["", false],
  [DIGEST, false],
  ["Sun, 06 Nov 1994 08:49:37 GMT", false],
  [`${QUOTED}, "x"`, false],
])("If-Range %j allows a range: %s", (header, expected) => {
  expect(allowsRange(header, DIGEST)).toBe(expected);
});
