import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { readOwn } from "../support/repository.ts";

describe.each([
  ["README.md", "README.zh-CN.md", 50],
  ["docs/deploy.md", "docs/deploy.zh-CN.md", 25],
])("%s and %s", (english, chinese, names) => {
  const ENGLISH = readOwn(english);
  const CHINESE = readOwn(chinese);

  test("have the same commands and snippets, in the same order", () => {
    expect(blocksIn(ENGLISH).length).toBeGreaterThan(5);
    expect(blocksIn(CHINESE)).toEqual(blocksIn(ENGLISH));
  });

  test("have the same commands, names and values in their sentences", () => {
    expect(codeIn(ENGLISH).length).toBeGreaterThan(names);
    expect(codeIn(CHINESE)).toEqual(codeIn(ENGLISH));
  });

  test("have the same sections, and as many table rows and list items", () => {
    expect(shapeOf(ENGLISH).length).toBeGreaterThan(20);
    expect(shapeOf(CHINESE)).toEqual(shapeOf(ENGLISH));
  });

  test("link to the same documents, each in its language if there is one, and to each other", () => {
    // A translation has headings of its own, and so do the links to them.
    const document = (link: string) => link.replace(".zh-CN.md", ".md").replace(/#.*/, "");
    expect(linksIn(CHINESE).map(document).sort()).toEqual(linksIn(ENGLISH).map(document).sort());
    for (const [, file = "", heading = ""] of CHINESE.matchAll(
      /\]\((docs\/[^)#]+\.zh-CN\.md)#([^)]+)\)/g,
    )) {
      expect(readOwn(file)).toContain(`## ${heading}\n`);
    }
    expect(linksIn(ENGLISH)).toContain(basename(chinese));
    expect(linksIn(CHINESE)).toContain(basename(english));
  });

  test("link to sections that they have", () => {
    for (const text of [ENGLISH, CHINESE]) {
      const anchors = text.match(/^#+ .*$/gm)?.map(anchorOf);
      const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
      expect(links.filter((anchor) => !anchors?.includes(anchor ?? ""))).toEqual([]);
    }
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

/** @returns the anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  const text = heading.replace(/^#+ /, "").toLowerCase();
  return text.replaceAll(/[^\p{L}\p{N}\s-]/gu, "").replaceAll(" ", "-");
}

/** @returns the linked documents, sorted. */
function linksIn(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)#][^)]*)\)/g)].map(([, link = ""]) => link).sort();
}
