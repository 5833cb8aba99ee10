import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, readOwn } from "../support/repository.ts";

const DOCUMENT = readOwn("docs/registries.md");

test("docs/registries.md names every test of a registry's quirks, and no others", () => {
  const named = DOCUMENT.match(/registry-quirks-\w+\.test\.ts/g) ?? [];
  const files = readdirSync(join(ROOT, "test/handler"));
  const tests = files.filter((file) => file.startsWith("registry-quirks"));
  expect([...new Set(named)].sort()).toEqual(tests.sort());
});

test("docs/registries.md has a row for every registry that it has a paragraph for", () => {
  const paragraphs = [...DOCUMENT.matchAll(/^\*\*([a-z]\S+\.[a-z]+)/gm)].map(([, name]) => name);
  const rows = [...DOCUMENT.matchAll(/^\| ([a-z]\S+\.[a-z]+)/gm)].map(([, name]) => name);
  expect(paragraphs.length).toBeGreaterThan(5);
  expect(paragraphs.filter((name) => !rows.includes(name))).toEqual([]);
});
