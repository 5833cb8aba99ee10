import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
/** What a developer has alone, and what can be made again. */
const LEFT_OUT = [".dev.vars", ".env", ".git", ".wrangler", "dist", "node_modules"];

/** A copy of the repository. */
export interface Copy {
  readonly folder: string;
  remove(): void;
}

/** @returns a copy in a folder of its own; it is removed when this process ends, if not before. */
export function makeCopy(): Copy {
  const folder = mkdtempSync(join(tmpdir(), "sampan-mutants-"));
  const remove = () => {
    process.off("exit", remove);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", remove);
  cpSync(ROOT, folder, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return { folder, remove };
}
