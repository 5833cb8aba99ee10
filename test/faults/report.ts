import { allCases, cellsOf } from "./matrix.ts";
import { predict } from "./oracle.ts";
import { FAULTS } from "./tables/faults.ts";
import { PLACE_NAMES, type Place } from "./tables/places.ts";
import { REQUESTS } from "./tables/requests.ts";
import { STATES } from "./tables/states.ts";

/** What stands between these lines of docs/reliability.md is written by a run. */
export const MARKS = ["<!-- faults: begin -->", "<!-- faults: end -->"] as const;

/** @returns what a run in which every cell has survived says, in Markdown. */
export function reportOfSuccess(): string {
  const rows = PLACE_NAMES.map(rowOf);
  const total = rows.reduce((sum, row) => ({ where: "all", ...added(sum, row) }));
  return [
    "| where | faults | cells | met the fault | survived |",
    "|---|--:|--:|--:|--:|",
    ...[...rows, total].map(
      ({ where, faults, cells, met }) =>
        `| ${where} | ${count(faults)} | ${count(cells)} | ${count(met)} | ${count(cells)} |`,
    ),
    "",
    `- **Faults**: ${FAULTS.map(({ name }) => name).join("; ")}.`,
    `- **States**: ${STATES.map(({ name }) => name).join("; ")}.`,
    `- **Requests**: ${REQUESTS.map(({ name }) => name).join("; ")}.`,
  ].join("\n");
}

interface Row {
  readonly where: string;
  readonly faults: number;
  readonly cells: number;
  readonly met: number;
}

function rowOf(place: Place): Row {
  const cases = allCases().filter((one) => one.place === place);
  const cells = cases.flatMap(cellsOf);
  const met = cells.filter((cell) => predict(cell).isStruck).length;
  return { where: place, faults: cases.length, cells: cells.length, met };
}

function added(a: Row, b: Row): Omit<Row, "where"> {
  return { faults: a.faults + b.faults, cells: a.cells + b.cells, met: a.met + b.met };
}

function count(number: number): string {
  return number.toLocaleString("en");
}
