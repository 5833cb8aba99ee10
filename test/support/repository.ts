import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, "../..");

/** @returns the text of a file of the repository, by its path from the root. */
export function readOwn(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/**
 * wrangler.toml as it ships. Its owner edits the one in the root, and the tests have to pass
 * nevertheless: the workflow deploys nothing otherwise.
 */
export const SHIPPED = readOwn("test/support/shipped.toml");
