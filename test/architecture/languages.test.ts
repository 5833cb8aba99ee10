import { describe, expect, test } from "vitest";
import { readOwn } from "../support/repository.ts";

const README = { english: readOwn("README.md"), chinese: readOwn("README.zh-CN.md") };

describe("README.md and README.zh-CN.md", () => {
  test("have the same commands and snippets, in the same order", () => {
    expect(blocksIn(README.english).length).toBeGreaterThan(5);
    expect(blocksIn(README.chinese)).toEqual(blocksIn(README.english));
  });

  test("have the same commands, names and values in their sentences", () => {
    expect(codeIn(README.english).length).toBeGreaterThan(50);
    expect(codeIn(README.chinese)).toEqual(codeIn(README.english));
  });

  test("have the same settings in their tables, with the same defaults", () => {
    expect(settingsIn(README.english).length).toBeGreaterThan(20);
    expect(settingsIn(README.chinese)).toEqual(settingsIn(README.english));
  });

  test("have the same sections, and as many rows, items and figures", () => {
    expect(shapeOf(README.chinese)).toEqual(shapeOf(README.english));
  });

  test("lead to the same documents, and to each other", () => {
    const english = linksIn(README.english);
    expect(linksIn(README.chinese)).toEqual(
      english.map((link) => (link === "README.zh-CN.md" ? "README.md" : link)).sort(),
    );
  });
});

describe("these checks notice", () => {
  test("a command that differs, in a block or in a sentence", () => {
    expect(blocksIn("```sh\na\n```\n")).toEqual(["sh\na\n"]);
    expect(codeIn("Run `a b`, then `c`.\n```sh\n`d`\n```\n")).toEqual(["a b", "c"]);
  });

  test("a setting with another default", () => {
    expect(settingsIn("| `A` | var | `1` | x |\n| `B` | var | – | `y` |\n| z | `A` |\n")).toEqual([
      ["A", "1"],
      ["B", ""],
    ]);
  });

  test("a section, a row or an item that is left out", () => {
    expect(shapeOf("# A\n\n- b\n1. c\n\n| d |\n|---|\n\n## E\n")).toEqual([
      "#",
      "-",
      "1.",
      "|",
      "|",
      "##",
    ]);
  });

  test("a link that differs, but not within a page", () => {
    expect(linksIn("[a](b.md) [c](#d) [e](f.md#g)")).toEqual(["b.md", "f.md#g"]);
  });
});

function blocksIn(markdown: string): string[] {
  return [...markdown.matchAll(/^```(\w+\n[\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
}

function withoutBlocks(markdown: string): string {
  return markdown.replace(/^```\w+\n[\s\S]*?^```$/gm, "");
}

/** @returns the code within sentences, sorted, since a language has an order of its own. */
function codeIn(markdown: string): string[] {
  const spans = withoutBlocks(markdown).matchAll(/`([^`\n]+)`/g);
  return [...new Set([...spans].map(([, code = ""]) => code))].sort();
}

/** @returns name and default of the settings; empty where there is none. */
function settingsIn(markdown: string): string[][] {
  const rows = markdown.matchAll(/^\| `(\w+)` \|[^|]+\| ([^|]+) \|/gm);
  return [...rows].map(([, name = "", told = ""]) => [name, /`(.*)`/.exec(told)?.[1] ?? ""]);
}

/** @returns what each line begins with that is more than text. */
function shapeOf(markdown: string): string[] {
  return [...withoutBlocks(markdown).matchAll(/^(#+|-|\d+\.|\|)/gm)].map(([sign]) => sign);
}

/** @returns what is linked to, sorted, less the places within the page. */
function linksIn(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)#][^)]*)\)/g)].map(([, link = ""]) => link).sort();
}
