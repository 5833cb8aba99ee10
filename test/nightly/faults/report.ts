import type { CellsResult } from "./cell.ts";
import { FAULTS, PLACE_NAMES, type Place } from "./faults.ts";
import { REQUESTS } from "./requests.ts";
import { STATES } from "./states.ts";

/** A whole run writes the lines between these of docs/reliability.md. */
export const MARKS = ["<!-- faults: begin -->", "<!-- faults: end -->"] as const;

/** The result of one fault at one place. */
export type Counts = Omit<CellsResult, "complaints"> & { readonly place: Place };

/** @returns the result of a run, in Markdown. */
export function reportOf(counts: readonly Counts[]): string {
  const rows = PLACE_NAMES.map((place) =>
    rowOf(
      place,
      counts.filter((one) => one.place === place),
    ),
  );
  return [
    "| where | faults | cells | met the fault | survived |",
    "|---|--:|--:|--:|--:|",
    ...rows,
    rowOf("all", counts),
    "",
    `- **Faults**: ${FAULTS.map(({ name }) => name).join("; ")}.`,
    `- **States**: ${STATES.map(({ name }) => name).join("; ")}.`,
    `- **Requests**: ${REQUESTS.map(({ name }) => name).join("; ")}.`,
  ].join("\n");
}

function rowOf(where: string, counts: readonly Counts[]): string {
  const sum = (key: "cells" | "met" | "survived") =>
    counts.reduce((total, one) => total + one[key], 0);
  const numbers = [counts.length, sum("cells"), sum("met"), sum("survived")];
  return `| ${[where, ...numbers.map((number) => number.toLocaleString("en"))].join(" | ")} |`;
}
