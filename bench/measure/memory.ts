import type { Figure } from "../figure.ts";
import type { Mirror } from "../mirrors/mirror.ts";

const MIB_BYTES = 1024 ** 2;

/** The most memory that each mirror's workerd has had so far. */
export function measureMemory(mirrors: readonly Mirror[]): Figure {
  const values = mirrors.map(({ name, process }) => {
    return [name, process && process.peakBytes() / MIB_BYTES];
  });
  const what = { section: "Memory of workerd", unit: "MiB", better: "less" } as const;
  return { ...what, name: "at its peak, resident", values: Object.fromEntries(values) };
}
