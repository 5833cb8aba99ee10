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
  /** @returns the ratio to the pass-through in each round; empty if one of them was not measured. */
  ratios(section: string, name: string, mirror: string): number[];
}

/** Ratios are to this mirror. */
export const REFERENCE = "pass-through";

export function createFigures(): Figures {
  const all: Figure[] = [];
  const find = (section: string, name: string) =>
    all.find((figure) => figure.section === section && figure.name === name);
  const samplesOf = (section: string, name: string, mirror: string) =>
    find(section, name)?.samples.get(mirror) ?? [];
  return {
    all,
    add({ section, name, unit }, mirror, sample) {
      if (sample === null || sample === undefined) return;
      const known = find(section, name);
      const { samples } = known ?? { samples: new Map<string, number[]>() };
      if (known === undefined) all.push({ section, name, unit, samples });
      samples.set(mirror, [...(samples.get(mirror) ?? []), sample]);
    },
    read: (section, name, mirror) => median(samplesOf(section, name, mirror)),
    ratios(section, name, mirror) {
      const references = samplesOf(section, name, REFERENCE);
      return samplesOf(section, name, mirror).flatMap((sample, round) => {
        const reference = references[round];
        return reference ? [sample / reference] : [];
      });
    },
  };
}

/** @returns the middle sample, or the mean of the two middle ones; null without samples. */
export function median(samples: readonly number[]): number | null {
  const sorted = [...samples].sort((a, b) => a - b);
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  const upper = sorted[Math.floor(sorted.length / 2)];
  return lower === undefined || upper === undefined ? null : (lower + upper) / 2;
}

/** @returns the lowest and the highest sample, such as `1.1 to 2.3`; null if there are not two. */
export function formatRange(
  samples: readonly number[],
  format: (sample: number) => string,
): string | null {
  if (samples.length < 2) return null;
  return `${format(Math.min(...samples))} to ${format(Math.max(...samples))}`;
}

/**
 * The order of one round: each round starts with another item, so that a change of the machine
 * during the run affects all of them alike.
 */
export function rotate<T>(items: readonly T[], round: number): T[] {
  const start = round % Math.max(1, items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
