import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { reportMarkdown } from "./markdown.ts";
import type { Results } from "./results.ts";

const ROOT = join(import.meta.dirname, "../..");
const KEPT = "bench/results";
/** Not under version control. */
const PASSING = "dist/bench";

/** More than any figure can tell. */
const SIGNIFICANT_DIGITS = 6;

/**
 * Writes a run as JSON and Markdown, by its time.
 *
 * @param isKept whether it goes to bench/results, or to a folder that git does not see.
 * @returns the path of the JSON file, from the root of the project.
 */
export async function saveResults(results: Results, isKept: boolean): Promise<string> {
  const folder = join(ROOT, isKept ? KEPT : PASSING);
  await mkdir(folder, { recursive: true });
  const name = results.date.slice(0, 16).replace("T", "-").replace(":", "");
  const file = join(folder, `${name}.json`);
  await writeFile(file, `${JSON.stringify(results, significant, 2)}\n`);
  await writeFile(join(folder, `${name}.md`), reportMarkdown(results));
  return relative(ROOT, file);
}

function significant(_: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(SIGNIFICANT_DIGITS)) : value;
}
