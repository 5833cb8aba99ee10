import { expect, test } from "vitest";
import type { Name } from "../../src/protocol/name.ts";
import { imageLabel, parseReference, referenceText } from "../../src/protocol/reference.ts";

const NAME = "library/busybox" as Name;
const DIGEST = `sha256:${"a".repeat(64)}`;

test.each(["latest", "3.20", "_", "0", "A-b_c.D", "a".repeat(128), "sha256", "a..b", "__proto__"])(
  "%s is a tag",
  (raw) => {
    const reference = parseReference(raw);
    expect(reference).toEqual({ kind: "tag", tag: raw });
    expect(reference && referenceText(reference)).toBe(raw);
    expect(reference && imageLabel(NAME, reference)).toBe(`library/busybox:${raw}`);
  },
);

test.each([DIGEST, `sha384:${"0".repeat(96)}`, `sha512:${"f".repeat(128)}`])(
  "%s is a digest",
  (raw) => {
    const reference = parseReference(raw);
    expect(reference).toEqual({ kind: "digest", digest: raw });
    expect(reference && referenceText(reference)).toBe(raw);
    expect(reference && imageLabel(NAME, reference)).toBe(`library/busybox@${raw}`);
  },
);

test.each([
  "",
  ".a",
  "..",
  "-a",
  "a".repeat(129),
  "a/b",
  "a:b",
  "a b",
  "1.0+build",
  "latest\n",
  "größe",
  "sha256:abc",
  `md5:${"a".repeat(32)}`,
  `latest@${DIGEST}`,
  "a".repeat(100_000),
])("other text is rejected (%#)", (raw) => {
  expect(parseReference(raw)).toBeNull();
});
