import { expect, test } from "vitest";
import { parseReference, referenceText } from "../../src/protocol/reference.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

test.each(["latest", "3.20", "_", "0", "A-b_c.D", "a".repeat(128), "sha256", "a..b", "__proto__"])(
  "%s is a tag",
  (raw) => {
    const reference = parseReference(raw);
    expect(reference).toEqual({ kind: "tag", tag: raw });
    expect(reference && referenceText(reference)).toBe(raw);
  },
);

test.each([DIGEST, `sha384:${"0".repeat(96)}`, `sha512:${"f".repeat(128)}`])(
  "%s is a digest",
  (raw) => {
    const reference = parseReference(raw);
    expect(reference).toEqual({ kind: "digest", digest: raw });
    expect(reference && referenceText(reference)).toBe(raw);
  },
);

test.each([
  ["nothing", ""],
  ["a dot in front", ".a"],
  ["two dots", ".."],
  ["a dash in front", "-a"],
  ["129 characters", "a".repeat(129)],
  ["a slash", "a/b"],
  ["a colon", "a:b"],
  ["a space", "a b"],
  ["a plus", "1.0+build"],
  ["a line break behind", "latest\n"],
  ["a letter outside ASCII", "größe"],
  ["a digest that is too short", "sha256:abc"],
  ["a digest of an unknown algorithm", `md5:${"a".repeat(32)}`],
  ["a tag and a digest", `latest@${DIGEST}`],
  ["100 kB", "a".repeat(100_000)],
])("%s is neither tag nor digest", (_, raw) => {
  expect(parseReference(raw)).toBeNull();
});
