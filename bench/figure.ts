/** What a figure is counted in. */
export type Unit =
  | "requests"
  | "pulls"
  | "operations"
  | "ms"
  | "hits/s"
  | "µs/hit"
  | "MiB/s"
  | "ms/GiB"
  | "MiB"
  | "KiB";

/** One thing that was measured of every mirror. */
export interface Figure {
  readonly section: string;
  readonly name: string;
  readonly unit: Unit;
  readonly better: "less" | "more";
  /** By name of the mirror; null where nobody can tell. */
  readonly values: Readonly<Record<string, number | null>>;
  /** What the values are the medians of, where something was measured more than once. */
  readonly samples?: Readonly<Record<string, readonly number[]>>;
}

/** @returns the value of a figure for a mirror; null if it was not measured. */
export function readValue(
  figures: readonly Figure[],
  { section, name }: Pick<Figure, "section" | "name">,
  mirror: string,
): number | null {
  const figure = figures.find((known) => known.section === section && known.name === name);
  return figure?.values[mirror] ?? null;
}

/** @returns the figure whose values are the medians of these samples. */
export function figureOfSamples(
  what: Pick<Figure, "section" | "name" | "unit" | "better">,
  samples: Readonly<Record<string, readonly number[]>>,
): Figure {
  const medians = Object.entries(samples).map(([mirror, all]) => [mirror, median(all)] as const);
  return { ...what, values: Object.fromEntries(medians), samples };
}

/** @returns the middle, or what lies between the two middle ones; null of nothing. */
export function median(samples: readonly number[]): number | null {
  const sorted = [...samples].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
}
