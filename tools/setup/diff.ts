import { diff as compare } from "node:util";

/** Unchanged lines shown on each side of a change. */
const CONTEXT = 1;

/** @returns the lines that differ, marked with `-` and `+`, and their neighbours. */
export function diff(before: string, after: string): string {
  // `compare` marks lines of its first argument only with 1, of the second only with -1.
  const lines = compare(before.split(/\r?\n/), after.split(/\r?\n/));
  const shown = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(([change]) => change !== 0),
  );
  return lines
    .flatMap(([change, text], at) => {
      if (!shown[at]) return [];
      const sign = change === 0 ? " " : change > 0 ? "-" : "+";
      return [...(at > 0 && !shown[at - 1] ? ["  …"] : []), `${sign} ${text}`.trimEnd()];
    })
    .join("\n");
}
