import { describe, expect, test } from "vitest";
import { scan, turnedOff, turnedOn } from "../../../../tools/setup/toml/scan.ts";

/** Kind, name, and whether it is commented out: `-` for lines that are. */
function told(text: string): string[] {
  return scan(text.split("\n")).map(({ kind, name, isOff }) =>
    [isOff ? "-" : "+", kind, name].join(" ").trim(),
  );
}

describe("a line is told by what it begins", () => {
  test.each([
    ["[vars]", "+ header [vars]"],
    ["  [ vars.HOSTS ] # why", "+ header [vars.HOSTS]"],
    ["[[r2_buckets]]", "+ header [[r2_buckets]]"],
    ["# [[r2_buckets]]", "- header [[r2_buckets]]"],
    ["#[triggers]", "- header [triggers]"],
    ['name = "sampan"', "+ entry name"],
    ['"quay.io" = "https://quay.io"', "+ entry quay.io"],
    ['# "quay.io" = "https://quay.io"', "- entry quay.io"],
    ["# Tokens, tag pointers and manifests.", "- other"],
    ["#   npx wrangler secret put UPSTREAM_USERNAME", "- other"],
    ["", "+ other"],
    ["[[half]", "+ other"],
  ])("%j", (line, kind) => {
    expect(told(line)).toEqual([kind]);
  });
});

describe("a value may go on", () => {
  test.each([
    ["in brackets", ['a = [ "]", # [', '  "[vars]",', "]", "[b]"]],
    ["in a table", ["a = { x = [", "1", "] }", "[b]"]],
    ["in a multi-line string", ['a = """x', "[vars]", '\\"""', '"""', "[b]"]],
    ["in a multi-line literal", ["a = '''x", "# [vars]", "'''", "[b]"]],
  ])("%s", (_, lines) => {
    const rest = lines.slice(1, -1).map(() => "+ rest");
    expect(told(lines.join("\n"))).toEqual(["+ entry a", ...rest, "+ header [b]"]);
  });

  test("and be commented out as a whole", () => {
    expect(told("# a = [\n#   1,\n# ]\n# [b]")).toEqual([
      "- entry a",
      "- rest",
      "- rest",
      "- header [b]",
    ]);
  });

  test("but what is commented out ends with the comment", () => {
    expect(told("# a = [\nb = 1")).toEqual(["- entry a", "+ entry b"]);
  });

  test("and have comments inside", () => {
    expect(told('a = [\n  # why\n  1,\n]\nb = "#["\nc = 1')).toEqual([
      "+ entry a",
      "+ rest",
      "+ rest",
      "+ rest",
      "+ entry b",
      "+ entry c",
    ]);
  });
});

test("a line is commented out once, and comes back as it was", () => {
  for (const line of ["a = 1", "  a = 1 # why", "[vars]"]) {
    expect(turnedOn(turnedOff(line))).toBe(line);
    expect(turnedOff(turnedOff(line))).toBe(turnedOff(line));
  }
  expect(turnedOff("")).toBe("");
});
