import type { Style } from "../../demo/style.ts";
import { counted, readableBytes } from "../logs/amounts.ts";
import type { Examination, Result } from "./run.ts";
import type { Visit } from "./visit.ts";

const NAME_WIDTH = 14;
const SIGNS = { ok: "✓", warning: "!", failure: "✗" } as const;

/** @returns what people read: each check on a line, and below it what to do. */
export function reportText(examination: Examination, visit: Visit, style: Style): string {
  const { image, target } = visit;
  const lines = [
    style.bold(`${target.shown}  ${image.name}${image.isByDigest ? "@" : ":"}${image.reference}`),
    "",
    ...examination.results.flatMap((result) => linesOf(result, style)),
    "",
    `  ${summary(examination)}`,
    style.dim(`  ${cost(visit)}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** @returns what programs read: docs/doctor.md has its form. */
export function reportJson({ results, notChecked }: Examination, visit: Visit): string {
  const { image, tally, target } = visit;
  const { name, reference } = image;
  const report = {
    mirror: target.shown,
    image: { name, reference },
    results,
    notChecked,
    counts: countsOf(results),
    cost: tally,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function linesOf({ check, level, evidence, remedy }: Result, style: Style): string[] {
  const paint = { ok: style.good, warning: style.warm, failure: style.bad }[level];
  const line = `  ${paint(SIGNS[level])} ${check.padEnd(NAME_WIDTH)} ${evidence}`;
  const indent = " ".repeat("  ✓ ".length + NAME_WIDTH + 1);
  return remedy === null ? [line] : [line, `${indent}${paint("→")} ${remedy}`];
}

function summary({ results, notChecked }: Examination): string {
  const { ok, warning, failure } = countsOf(results);
  const rest = notChecked.length === 0 ? "" : `; not checked: ${notChecked.join(", ")}`;
  return `${ok} ok, ${counted(warning, "warning")}, ${counted(failure, "failure")}${rest}`;
}

function cost({ tally }: Visit): string {
  const { requests, bytes, pulls } = tally;
  const manifests = counted(pulls, "manifest");
  return `${counted(requests, "request")}, ${readableBytes(bytes)} read, ${manifests} off the quota`;
}

function countsOf(results: readonly Result[]) {
  const of = (level: Result["level"]) => results.filter((result) => result.level === level).length;
  return { ok: of("ok"), warning: of("warning"), failure: of("failure") };
}
