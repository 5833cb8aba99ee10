import { type Figure, readValue } from "./figure.ts";

/** How two mirrors must compare in the same minutes. */
export interface Target {
  readonly text: string;
  readonly name: string;
  readonly mirror: string;
  readonly comparedTo: string;
  /** Of the one's value to the other's. */
  readonly atMost: number;
}

/** What came of a target; null if this run has not measured it. */
export interface Outcome extends Target {
  readonly ratio: number | null;
  readonly isMet: boolean | null;
}

const FAR = "Wall time of a pull, upstream 200 ms away";
const SIDES = { mirror: "sampan-r2", comparedTo: "pass-through" };

const TARGETS: readonly Target[] = [
  {
    ...{ ...SIDES, name: "warm, whole pull", atMost: 0.2 },
    text: "With the upstream 200 ms away, a warm pull takes at most a fifth of the peer's",
  },
  {
    ...{ ...SIDES, name: "cold, whole pull", atMost: 1 },
    text: "… and a cold one no longer than the peer's",
  },
];

/** Compares what was measured with every target. */
export function judge(figures: readonly Figure[]): Outcome[] {
  return TARGETS.map((target) => {
    const { mirror, comparedTo, atMost, name } = target;
    // However far away the stores are.
    const { section = "" } = figures.find((figure) => figure.section.startsWith(FAR)) ?? {};
    const value = readValue(figures, { section, name }, mirror);
    const other = readValue(figures, { section, name }, comparedTo);
    const ratio = value === null || other === null ? null : value / other;
    return { ...target, ratio, isMet: ratio === null ? null : ratio <= atMost };
  });
}
