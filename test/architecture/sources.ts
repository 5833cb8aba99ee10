import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

const SRC = join(import.meta.dirname, "../../src");

/** Source texts by their path below src/, with slashes. */
export type Sources = ReadonlyMap<string, string>;

/** @returns every file of src/. */
export function readSources(): Sources {
  const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const paths = files.map((file) => relative(SRC, file).split(sep).join("/")).sort();
  return new Map(paths.map((path) => [path, readFileSync(join(SRC, path), "utf8")]));
}

/**
 * @returns the text without comments, as the formatter leaves them: one that is not recognised
 * stays, which only makes the checks stricter.
 */
export function withoutComments(source: string): string {
  return source.replace(/^\s*\/\*[\s\S]*?\*\//gm, "").replace(/(^|\s)\/\/ .*$/gm, "");
}
