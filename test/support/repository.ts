import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the repository is. */
export const ROOT = join(import.meta.dirname, "../..");

/** @returns the text of a file of the repository, by its path from the root. */
export function readOwn(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
