export type Unit =
  | "requests"
  | "pulls"
  | "operations"
  | "ms"
  | "ms of CPU"
  | "hits/s"
  | "µs/hit"
  | "MiB/s"
  | "ms/GiB"
  | "MiB"
  | "KiB";

/** A row of the report. */
export interface Figure {
  readonly section: string;
  readonly name: string;
  readonly unit: Unit;
  /** By name of the mirror. Absent for a mirror that was not measured. */
  readonly samples: Map<string, number[]>;
}

/** Collects what a run measures, in the order of the report. */
export interface Figures {
  readonly all: readonly Figure[];
  /** Adds a sample. Null and undefined, for what cannot be measured, are ignored. */
  add(
    figure: Pick<Figure, "section" | "name" | "unit">,
    mirror: string,
    sample: number | null | undefined,
  ): void;
  /** @returns the median of the samples of a figure; null without samples. */
  read(section: string, name: string, mirror: string): number | null;
}

export function createFigures(): Figures {
  const all: Figure[] = [];
  const find = (section: string, name: string) =>
    all.find((figure) => figure.section === section && figure.name === name);
  return {
    all,
    add({ section, name, unit }, mirror, sample) {
      if (sample === null || sample === undefined) return;
      const known = find(section, name);
      const { samples } = known ?? { samples: new Map<string, number[]>() };
      if (known === undefined) all.push({ section, name, unit, samples });
      samples.set(mirror, [...(samples.get(mirror) ?? []), sample]);
    },
    read: (section, name, mirror) => median(find(section, name)?.samples.get(mirror) ?? []),
  };
}

/** @returns the middle sample, or the mean of the two middle ones; null without samples. */
export function median(samples: readonly number[]): number | null {
  return quantile(samples, 0.5);
}

/**
 * @param part from 0 for the lowest sample to 1 for the highest.
 * @returns interpolated between two samples; null without samples.
 */
export function quantile(samples: readonly number[], part: number): number | null {
  const sorted = [...samples].sort((a, b) => a - b);
  const position = part * (sorted.length - 1);
  const lower = sorted[Math.floor(position)];
  const upper = sorted[Math.ceil(position)];
  if (lower === undefined || upper === undefined) return null;
  return lower + (upper - lower) * (position - Math.floor(position));
}

/**
 * The order of one round: each round starts with another item, so that a change of the machine
 * during the run affects all of them alike.
 */
export function rotate<T>(items: readonly T[], round: number): T[] {
  const start = round % Math.max(1, items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
