import type { Figure, Unit } from "../figure.ts";
import type { Results } from "./results.ts";

/** A section of the report: a row for each figure, a column for each mirror. */
export interface Section {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const REFERENCE = "pass-through";
const NOTHING = "–";
/** What is timed differs from run to run: there the ratio tells more than the value. */
const TIMED: ReadonlySet<Unit> = new Set(["ms", "hits/s", "µs/hit", "MiB/s", "ms/GiB", "MiB"]);

/** Lays out all figures; what was timed with its ratio to the pass-through peer. */
export function sectionsOf({ figures, mirrors }: Pick<Results, "figures" | "mirrors">): Section[] {
  const titles = [...new Set(figures.map(({ section }) => section))];
  return titles.map((section) => {
    const own = figures.filter((figure) => figure.section === section);
    const rows = own.map((figure) => [
      figure.name,
      ...mirrors.map((mirror) => cell(figure, mirror)),
    ]);
    return { title: section, head: ["", ...mirrors], rows };
  });
}

/** @returns such as `1,234 hits/s`, with as many digits as tell something. */
export function formatValue(value: number | null, unit: Unit): string {
  if (value === null) return NOTHING;
  const digits = value < 10 && !Number.isInteger(value) ? 1 : 0;
  const number = value.toLocaleString("en", { maximumFractionDigits: digits });
  return TIMED.has(unit) || unit === "KiB" ? `${number} ${unit}` : number;
}

/** @returns such as `0.042×` or `3.54×`. */
export function formatRatio(ratio: number | null): string {
  return ratio === null ? NOTHING : `${ratio.toFixed(ratio < 1 ? 3 : 2)}×`;
}

function cell({ values, unit }: Figure, mirror: string): string {
  const value = values[mirror] ?? null;
  const reference = values[REFERENCE] ?? null;
  const text = formatValue(value, unit);
  if (mirror === REFERENCE || !TIMED.has(unit) || !value || !reference) return text;
  return `${text} (${formatRatio(value / reference)})`;
}
