import { describe, expect, test } from "vitest";
import { readOwn } from "../support/repository.ts";

const ENGLISH = readOwn("README.md");
const CHINESE = readOwn("README.zh-CN.md");

describe("README.md and README.zh-CN.md", () => {
  test("have the same commands and snippets, in the same order", () => {
    expect(blocksIn(ENGLISH).length).toBeGreaterThan(5);
    expect(blocksIn(CHINESE)).toEqual(blocksIn(ENGLISH));
  });

  test("have the same commands, names and values in their sentences", () => {
    expect(codeIn(ENGLISH).length).toBeGreaterThan(50);
    expect(codeIn(CHINESE)).toEqual(codeIn(ENGLISH));
  });

  test("have the same sections, and as many table rows and list items", () => {
    expect(shapeOf(ENGLISH).length).toBeGreaterThan(20);
    expect(shapeOf(CHINESE)).toEqual(shapeOf(ENGLISH));
  });

  test("link to the same documents, and to each other", () => {
    const english = linksIn(ENGLISH);
    expect(linksIn(CHINESE)).toEqual(
      english.map((link) => (link === "README.zh-CN.md" ? "README.md" : link)).sort(),
    );
  });
});

function blocksIn(markdown: string): string[] {
  return [...markdown.matchAll(/^```(\w+\n[\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
}

function withoutBlocks(markdown: string): string {
  return markdown.replace(/^```\w+\n[\s\S]*?^```$/gm, "");
}

/** @returns the code in sentences and tables, sorted, because word order differs. */
function codeIn(markdown: string): string[] {
  const spans = withoutBlocks(markdown).matchAll(/`([^`\n]+)`/g);
  return [...new Set([...spans].map(([, code = ""]) => code))].sort();
}

/** @returns the marks of headings, list items and table rows. */
function shapeOf(markdown: string): string[] {
  return [...withoutBlocks(markdown).matchAll(/^(#+|-|\d+\.|\|)/gm)].map(([sign]) => sign);
}

/** @returns the linked documents, sorted. */
function linksIn(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)#][^)]*)\)/g)].map(([, link = ""]) => link).sort();
}
