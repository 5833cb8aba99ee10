import { FAULTS } from "./tables/faults.ts";
import { PLACE_NAMES, type Place } from "./tables/places.ts";
import { REQUESTS } from "./tables/requests.ts";
import { STATES } from "./tables/states.ts";

/** What stands between these lines of docs/reliability.md is written by a run. */
export const MARKS = ["<!-- faults: begin -->", "<!-- faults: end -->"] as const;

/** What came of one fault at one place. */
export interface Counts {
  readonly place: Place;
  readonly cells: number;
  /** Cells whose request made a call that went wrong. */
  readonly met: number;
  /** Cells that came out as they must. */
  readonly survived: number;
}

/** @returns what a run came to, in Markdown. */
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
