import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Verdict } from "./judge.ts";
import { figuresOf, reportOf } from "./report.ts";
import { MUTANTS } from "./table.ts";
import { type Trial, tryMutants } from "./try-mutants.ts";

const USAGE = `npm run test:mutants                      tries every mutant, and writes what came of it
npm run test:mutants -- --only "a blob"   tries those with this in their names`;
const DOCUMENT = join(import.meta.dirname, "../../docs/reliability-mutants.md");
const WRONG_USAGE = 2;

// What is to be cleaned up is cleaned up on exit.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
process.exitCode = await main(process.argv.slice(2));

/** @returns 1 if a mutant is lost or is none. */
async function main(args: string[]): Promise<number> {
  const only = parseOnly(args);
  const mutants = MUTANTS.filter(({ name }) => name.includes(only ?? ""));
  if (only === null || mutants.length === 0) {
    console.error(only === null ? USAGE : `No mutant has "${only}" in its name.`);
    return WRONG_USAGE;
  }
  const trials = await tryMutants(mutants, tell);
  console.log(`${figuresOf(trials)}.`);
  if (mutants.length === MUTANTS.length) writeFileSync(DOCUMENT, reportOf(trials));
  return trials.every(({ verdict }) => verdict.kind === "caught") ? 0 : 1;
}

/** @returns null if the arguments make no sense; empty for every mutant. */
function parseOnly(args: string[]): string | null {
  try {
    return parseArgs({ args, options: { only: { type: "string" } } }).values.only ?? "";
  } catch {
    return null;
  }
}

function tell({ mutant: { name }, verdict }: Trial): void {
  console.log(`${verdict.kind.toUpperCase().padEnd(8)}${name}${remarkOn(verdict)}`);
}

function remarkOn(verdict: Verdict): string {
  if (verdict.kind === "lost") return "";
  return `\n        ${verdict.kind === "caught" ? verdict.by : verdict.why}`;
}
