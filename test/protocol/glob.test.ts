import { expect, test } from "vitest";
import { parseImageGlob } from "../../src/protocol/glob.ts";
import type { Name } from "../../src/protocol/name.ts";
import type { Tag } from "../../src/protocol/reference.ts";

function matches(glob: string, name: string): boolean | undefined {
  return parseImageGlob(glob)?.matchesName(name as Name);
}

test.each([
  ["library/*", "library/busybox"],
  ["*/busybox", "library/busybox"],
  ["*/*", "library/busybox"],
  ["library/busy*", "library/busybox"],
  ["library/*box", "library/busybox"],
  ["library/b*y*x", "library/busybox"],
  ["library/*busybox*", "library/busybox"],
  ["library/busybox", "library/busybox"],
  ["grafana/**", "grafana/a/b/c"],
  ["grafana/**", "grafana/a"],
  ["**", "a/b/c"],
  ["**/c", "a/b/c"],
  ["a/**/c", "a/b/b/c"],
  ["a**c", "a/b/c"],
  ["***", "a/b"],
  ["a.b/c-d_e", "a.b/c-d_e"],
])("%s matches %s", (glob, name) => {
  expect(matches(glob, name)).toBe(true);
});

test.each([
  ["library/*", "library/a/b"],
  ["library/*", "librarys/a"],
  ["library/*", "xlibrary/a"],
  ["library/*", "library"],
  ["*", "a/b"],
  ["*/*", "a"],
  ["*/*", "a/b/c"],
  ["grafana/**", "grafana"],
  ["grafana/**", "grafanalabs/x"],
  ["busybox", "library/busybox"],
  ["a.b/c", "axb/c"],
  ["library/busybox", "library/busyboxes"],
  ["library/*x", "library/busybo"],
  ["a/**/c", "a/c"],
])("%s does not match %s", (glob, name) => {
  expect(matches(glob, name)).toBe(false);
});

test.each([
  ["a/*:latest", "latest", true],
  ["a/*:latest", "Latest", false],
  ["a/*:1.*", "1.36", true],
  ["a/*:1.*", "1x36", false],
  ["a/*:*-alpine", "3.1-alpine", true],
  ["a/*:*", "v1", true],
  ["a/*:V_1", "V_1", true],
])("%s with the tag %s: %s", (glob, tag, expected) => {
  expect(parseImageGlob(glob)?.matchesTag?.(tag as Tag)).toBe(expected);
});

test("a pattern without a tag is for every tag", () => {
  expect(parseImageGlob("a/*")).toMatchObject({ text: "a/*", matchesTag: null });
});

test.each([
  "",
  ":",
  ":latest",
  "a:",
  "a:b:c",
  "A/b",
  "a b",
  "a/b@sha256:x",
  "a[bc]",
  "a?",
  "(a)",
  "a\\b",
  "$",
  "^a",
  "ä",
  "a/b:l/1",
  // No image has such a name or tag.
  "/a",
  "a/",
  "a//b",
  "**/",
  "a/-*",
  "a/*_",
  "a..*",
  "a/b:-*",
  "a/b:.1",
])("%j is not a pattern", (glob) => {
  expect(parseImageGlob(glob)).toBeNull();
});

// With backtracking, these would not end.
test.each([
  ["*a".repeat(60), "a".repeat(254), true],
  [`${"*a".repeat(60)}b`, "a".repeat(255), false],
  [`${"**a".repeat(60)}b`, "a/".repeat(127), false],
  [`${"a*".repeat(100)}b`, "a".repeat(255), false],
  [`${"*/**".repeat(30)}b`, "a/".repeat(127), false],
])("many stars and a long name are matched in a short time (%#)", (glob, name, expected) => {
  expect(matches(glob, name)).toBe(expected);
});
