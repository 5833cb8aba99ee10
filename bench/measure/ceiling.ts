import type { Unit } from "../figure.ts";

/** The most that this machine and this bench can show of something, whatever is measured. */
export interface Ceiling {
  readonly name: string;
  readonly unit: Unit;
  readonly value: number | null;
}
