import type { Trial } from "./try-mutants.ts";

const INTRODUCTION = [
  "# Mistakes that the tests catch",
  "Written by `npm run test:mutants`. Each line is a mistake, made in one place of a copy of the source. It is caught if a test fails that passes without it.",
];
const HEAD = ["| the mirror … | in | caught by the test |", "|---|---|---|"];

/** @returns docs/reliability-mutants.md. */
export function reportOf(trials: readonly Trial[]): string {
  const table = [...HEAD, ...trials.map(rowOf)].join("\n");
  return `${[...INTRODUCTION, `${figuresOf(trials)}.`, table].join("\n\n")}\n`;
}

/** @returns how many mutants there were, and what became of them. */
export function figuresOf(trials: readonly Trial[]): string {
  const count = (kind: string) => trials.filter(({ verdict }) => verdict.kind === kind).length;
  const errors = count("error") === 0 ? "" : `, ${count("error")} in error`;
  return `${trials.length} mutants, ${count("caught")} caught, ${count("lost")} lost${errors}`;
}

function rowOf({ mutant: { name, file }, verdict }: Trial): string {
  const by = verdict.kind === "caught" ? cell(verdict.by) : "**none**";
  return `| ${cell(name)} | \`src/${file}\` | ${by} |`;
}

/** A title may have anything in it, a cell may not. */
function cell(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[|\\<>*_`]/g, "\\$&");
}
