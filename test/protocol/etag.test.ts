import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/protocol/digest.ts";
import { allowsRange, etag, namesDigest } from "../../src/protocol/etag.ts";

const DIGEST = `sha256:${"a".repeat(64)}` as Digest;
const OTHER = `sha256:${"b".repeat(64)}` as Digest;
const QUOTED = `"${DIGEST}"`;

test("an entity tag is the quoted digest", () => {
  expect(etag(DIGEST)).toBe(QUOTED);
});

describe("If-None-Match names a digest", () => {
  test.each([
    ["as it is", QUOTED],
    ["weakly", `W/${QUOTED}`],
    ["by a star", "*"],
    ["in a list", `"x", ${QUOTED}`],
    ["in a list without spaces", `"x",W/${QUOTED},"y"`],
    ["with spaces around", `  ${QUOTED}\t`],
    ["beside empty elements", `,, ${QUOTED},`],
  ])("%s", (_, header) => {
    expect(namesDigest(header, DIGEST)).toBe(true);
  });

  test.each([
    ["if absent", null],
    ["if empty", ""],
    ["if it names another", `"${OTHER}"`],
    ["without quotes", DIGEST],
    ["with one quote", `"${DIGEST}`],
    ["as a part of a longer tag", `"${DIGEST}0"`],
    ["with a lower-case weakness", `w/${QUOTED}`],
    ["with the weakness twice", `W/W/${QUOTED}`],
    ["in upper case", QUOTED.toUpperCase()],
    ["with a star in quotes", '"*"'],
  ])("not %s", (_, header) => {
    expect(namesDigest(header, DIGEST)).toBe(false);
  });
});

describe("If-Range lets a range be answered", () => {
  test.each([null, QUOTED, ` ${QUOTED} `])("for %j", (header) => {
    expect(allowsRange(header, DIGEST)).toBe(true);
  });

  test.each([
    `W/${QUOTED}`,
    `"${OTHER}"`,
    "*",
    "",
    DIGEST,
    "Sun, 06 Nov 1994 08:49:37 GMT",
    `${QUOTED}, "x"`,
  ])("not for %j", (header) => {
    expect(allowsRange(header, DIGEST)).toBe(false);
  });
});
