import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { readSources, type Sources, withoutComments } from "./sources.ts";

/** Which folders of src/ a folder may import from; what is at the top may import from all. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  protocol: ["protocol"],
  upstream: ["upstream", "protocol"],
  cache: ["cache", "protocol"],
  page: ["page", "protocol"],
  mirror: ["mirror", "upstream", "cache", "page", "protocol"],
};
const TOP = [
  "access-log.ts",
  "config-access.ts",
  "config-registries.ts",
  "config.ts",
  "env.ts",
  "handle.ts",
  "isolate.ts",
  "log.ts",
  "metrics.ts",
  "outside.ts",
  "scheduled.ts",
  "wire-cache.ts",
  "wire.ts",
  "worker.ts",
];
const MAX_FILE_LINES = 150;
/** Without the lines of the functions inside: what a factory returns has lengths of its own. */
const MAX_FUNCTION_LINES = 30;

const sources = readSources();

describe("the diamond", () => {
  test("has its folders, and few files at its top", () => {
    const tops = [...sources.keys()].filter((path) => !path.includes("/"));
    const folders = [...sources.keys()].filter((path) => path.includes("/")).map(folderOf);
    expect(tops).toEqual(TOP);
    expect([...new Set(folders)].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  test("has no import that is not allowed", () => {
    expect(forbiddenImports(sources)).toEqual([]);
  });

  test("has no cycle", () => {
    expect(cyclesIn(sources)).toEqual([]);
  });
});

test("no file is longer than 150 lines", () => {
  expect(longFiles(sources)).toEqual([]);
});

test("no function is longer than 30 lines", () => {
  expect(longFunctions(sources)).toEqual([]);
});

describe("these checks fail for", () => {
  test.each([
    ["protocol/a.ts", 'import { x } from "../upstream/b.ts";'],
    ["protocol/a.ts", 'import type { X } from "../config.ts";'],
    ["upstream/a.ts", 'import { x } from "../cache/b.ts";'],
    ["upstream/a.ts", 'export * from "../mirror/b.ts";'],
    ["cache/a.ts", 'import {\n  x,\n  y,\n} from "../upstream/b.ts";'],
    ["cache/a.ts", 'const x = await import("../upstream/b.ts");'],
    ["mirror/a.ts", 'import { log } from "../log.ts";'],
    ["mirror/a.ts", 'import "../worker.ts";'],
    ["handle.ts", 'import worker from "./worker.ts";'],
    ["protocol/a.ts", 'import { env } from "cloudflare:workers";'],
    ["protocol/a.ts", 'import { x } from "some-package";'],
    ["other/a.ts", 'import { x } from "../protocol/b.ts";'],
  ])("%s with %j", (path, source) => {
    expect(forbiddenImports(new Map([[path, source]]))).toHaveLength(1);
  });

  test("two files that import each other", () => {
    const cyclic = new Map([
      ["cache/a.ts", 'import { b } from "./b.ts";'],
      ["cache/b.ts", 'import type { A } from "./a.ts";'],
    ]);
    expect(cyclesIn(cyclic)).toEqual(["cache/a.ts", "cache/b.ts"]);
  });

  test("a file of 151 lines", () => {
    expect(longFiles(new Map([["a.ts", "x;\n".repeat(151)]]))).toEqual(["a.ts: 151 lines"]);
    expect(longFiles(new Map([["a.ts", "x;\n".repeat(150)]]))).toEqual([]);
  });

  test.each([
    ["export async function f(a: A): B {", "}"],
    ["export async function f(\n  a: A,\n): B {", "}"],
    ["function f({\n  a,\n  b,\n}: A): B {", "}"],
    ["const f = (a: A) => {", "};"],
    ["  async f(a) {", "  },"],
    ["  f(\n    a,\n  ) {", "  },"],
    ["  share(key, async () => {", "  });"],
  ])("a function of 31 lines that begins %j", (head, tail) => {
    const longest = 30 - head.split("\n").length - 1;
    const of = (lines: number) =>
      new Map([["a.ts", `${head}\n${"    x;\n".repeat(lines)}${tail}\n`]]);
    expect(longFunctions(of(longest))).toEqual([]);
    expect(longFunctions(of(longest + 1))).toEqual(["a.ts:1: 31 lines"]);
  });
});

function folderOf(path: string): string {
  return path.includes("/") ? (path.split("/")[0] ?? "") : "";
}

/** @returns the paths below src/ that a file imports; names of packages as they are. */
function importsOf(path: string, source: string): string[] {
  const targets = withoutComments(source).matchAll(/(?<!")\b(?:from|import)\s*\(?\s*"([^"]+)"/g);
  return [...targets].map(([, target = ""]) =>
    target.startsWith(".") ? posix.join(posix.dirname(path), target) : target,
  );
}

function forbiddenImports(all: Sources): string[] {
  return [...all].flatMap(([path, source]) =>
    importsOf(path, source)
      .filter((target) => !isAllowed(path, target))
      .map((target) => `${path} imports ${target}`),
  );
}

function isAllowed(path: string, target: string): boolean {
  if (target === "worker.ts" || !/^[a-z/-]+\.ts$/.test(target)) return false;
  if (!path.includes("/")) return true;
  return MAY_IMPORT[folderOf(path)]?.includes(folderOf(target)) ?? false;
}

/** @returns the files from which imports lead back to them. */
function cyclesIn(all: Sources): string[] {
  return [...all.keys()].filter((start) => {
    const reached = new Set<string>();
    const queue = importsOf(start, all.get(start) ?? "");
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (reached.has(path)) continue;
      reached.add(path);
      queue.push(...importsOf(path, all.get(path) ?? ""));
    }
    return reached.has(start);
  });
}

function longFiles(all: Sources): string[] {
  return [...all]
    .map(([path, source]) => [path, source.trimEnd().split("\n").length] as const)
    .filter(([, lines]) => lines > MAX_FILE_LINES)
    .map(([path, lines]) => `${path}: ${lines} lines`);
}

function longFunctions(all: Sources): string[] {
  return [...all].flatMap(([path, source]) =>
    functionsIn(source.split("\n"))
      .filter(({ ownLines }) => ownLines > MAX_FUNCTION_LINES)
      .map(({ first, ownLines }) => `${path}:${first + 1}: ${ownLines} lines`),
  );
}

/** Functions as the formatter lays them out: the last line is indented like the first. */
function functionsIn(lines: readonly string[]) {
  const spans = lines.flatMap((_, first) => {
    const last = endOfFunction(lines, first);
    return last === null ? [] : [{ first, last }];
  });
  return spans.map(({ first, last }) => {
    const inside = spans.filter((span) => span.first > first && span.last <= last);
    const outermost = inside.filter(
      (span) => !inside.some((other) => other.first < span.first && other.last >= span.last),
    );
    const innerLines = outermost.reduce((sum, span) => sum + span.last - span.first + 1, 0);
    return { first, ownLines: last - first + 1 - innerLines };
  });
}

/** @returns the last line of the function that begins in line `first`; null if none does. */
function endOfFunction(lines: readonly string[], first: number): number | null {
  const line = lines[first] ?? "";
  const indent = /^\s*/.exec(line)?.[0] ?? "";
  const isDeclared = /^\s*(?:export )?(?:default )?(?:async )?function\b.*[({]$/.test(line);
  const isArrow = /=> \{$/.test(line);
  const isMethod = /^\s+(?!if|for|while|switch)(?:async )?\w+(?:<.*>)?\(.*\)(?:: .*)? \{$/.test(
    line,
  );
  const isOpen = /^\s+(?:async )?\w+(?:<.*>)?\($/.test(line);
  if (!isDeclared && !isArrow && !isMethod && !isOpen) return null;
  const closers = lines.flatMap((text, at) =>
    at > first && new RegExp(`^${indent}[)}]`).test(text) ? [at] : [],
  );
  const [closer = -1, ...later] = closers;
  if (isOpen && !/^\s*\).*\{$/.test(lines[closer] ?? "")) return null;
  const end = [closer, ...later].find((at) => !/\{$/.test(lines[at] ?? ""));
  return end ?? null;
}
