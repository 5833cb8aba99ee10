import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyMutant, type Mutant } from "./mutant.ts";

/** What a mutant leaves unused is part of the mistake. */
const FLAGS = ["--noEmit", "--noUnusedLocals", "false", "--noUnusedParameters", "false"];

/**
 * Checks all mutants at once, each beside its original under another name.
 *
 * @param folder a copy of the repository, unharmed; and so it is left.
 * @returns why a mutant is none, for those that do not type-check or have not one place.
 * @throws Error if something else does not type-check.
 */
export function checkTypes(
  folder: string,
  mutants: readonly Mutant[],
): ReadonlyMap<Mutant, string> {
  const errors = new Map<Mutant, string>();
  const files = new Map<string, Mutant>();
  for (const [index, mutant] of mutants.entries()) {
    const source = readFileSync(join(folder, "src", mutant.file), "utf8");
    const file = `src/${mutant.file.replace(/\.ts$/, `.mutant-${index}.ts`)}`;
    try {
      writeFileSync(join(folder, file), applyMutant(source, mutant));
      files.set(file, mutant);
    } catch (error) {
      errors.set(mutant, (error as Error).message);
    }
  }
  for (const line of complaints(folder)) {
    const mutant = files.get(line.slice(0, line.indexOf("(")));
    if (mutant === undefined) throw new Error(`the source does not type-check: ${line}`);
    errors.set(mutant, line);
  }
  for (const file of files.keys()) rmSync(join(folder, file));
  return errors;
}

function complaints(folder: string): string[] {
  const program = join(folder, "node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [program, ...FLAGS, "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  return stdout.split("\n").filter((line) => line.includes(": error TS"));
}
