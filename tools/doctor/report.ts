import { counted, type Paint, readableBytes } from "../readable.ts";
import type { Arguments, Image } from "./arguments.ts";
import type { Examination, Result } from "./run.ts";

const NAME_WIDTH = 14;
export const SIGNS = { ok: "✓", warning: "!", failure: "✗" } as const;
const COLOURS = { ok: "green", warning: "yellow", failure: "red" } as const;

/** @returns what is being checked: the first lines of the report for people. */
export function reportHead({ image, target, isHere }: Arguments, paint: Paint): string {
  const text = `${target.shown}  ${isHere ? "clients of this machine" : imageText(image)}`;
  return `${paint("bold", text)}\n\n`;
}

/** @returns an image as users write it. */
export function imageText({ name, reference }: Image): string {
  return `${name}${reference.includes(":") ? "@" : ":"}${reference}`;
}

/** @returns one check: what was observed and, below it, the remedy. */
export function reportResult(result: Result, paint: Paint): string {
  const { check, level, evidence, remedy } = result;
  const colour = COLOURS[level];
  const line = `  ${paint(colour, SIGNS[level])} ${check.padEnd(NAME_WIDTH)} ${evidence}`;
  const indent = " ".repeat("  ✓ ".length + NAME_WIDTH + 1);
  const lines = remedy === null ? [line] : [line, `${indent}${paint(colour, "→")} ${remedy}`];
  return `${lines.join("\n")}\n`;
}

/** @returns the last lines: the counts, and the cost of an examination of the mirror. */
export function reportEnd(examination: Examination, paint: Paint): string {
  const { requests } = examination.tally;
  const costLine = requests === 0 ? "" : `${paint("dim", `  ${cost(examination)}`)}\n`;
  return `\n  ${summary(examination)}\n${costLine}`;
}

/** @returns the report for programs; docs/doctor.md describes it. */
export function reportJson({ image, target }: Arguments, examination: Examination): string {
  const { results, notChecked, tally } = examination;
  const report = {
    mirror: target.shown,
    image: { name: image.name, reference: image.reference },
    results,
    notChecked,
    counts: countLevels(results),
    cost: tally,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** @returns the counts. */
export function summary({ results, notChecked }: Examination): string {
  const { ok, warning, failure } = countLevels(results);
  const rest = notChecked.length === 0 ? "" : `; not checked: ${notChecked.join(", ")}`;
  return `${ok} ok, ${counted(warning, "warning")}, ${counted(failure, "failure")}${rest}`;
}

/** @returns what the requests have cost. */
export function cost({ tally: { requests, bytes, pulls } }: Examination): string {
  return `${counted(requests, "request")}, ${readableBytes(bytes)} read, ${counted(pulls, "pull")} used`;
}

function countLevels(results: readonly Result[]) {
  const count = (level: Result["level"]) =>
    results.filter((result) => result.level === level).length;
  return { ok: count("ok"), warning: count("warning"), failure: count("failure") };
}
