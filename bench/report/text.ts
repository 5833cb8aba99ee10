import { table } from "../../demo/table.ts";
import type { Results } from "./results.ts";
import { formatRatio, formatValue, sectionsOf } from "./rows.ts";

/** The report for a terminal. */
export function reportText(results: Results): string {
  const sections = sectionsOf(results).map(({ title, head, rows }) => {
    const [first = "", ...mirrors] = head;
    const cells = [[first, ...mirrors], ...rows].map((row) =>
      row.map((text, column) => ({ text, right: column > 0 })),
    );
    return `${title}\n${table(cells)}`;
  });
  return [...sections, ...remarks(results)].join("\n\n");
}

/** What the machine allows, and what was aimed at. */
export function remarks({ ceilings, targets, exceeded, machine, seconds }: Results): string[] {
  const most = ceilings.map(({ name, unit, value }) => `  ${name}: ${formatValue(value, unit)}`);
  const aims = targets.map(
    ({ text, ratio, isMet }) => `  ${mark(isMet)} ${text}: ${formatRatio(ratio)}`,
  );
  const over = exceeded.map(
    ({ mirror, section, name, value, atMost }) =>
      `  ✗ ${mirror}: ${section}, ${name}: ${value ?? "not measured"}, at most ${atMost}`,
  );
  const { cpu, cores, node, loadBefore } = machine;
  return [
    ["The most that could be measured here", ...most].join("\n"),
    ["Targets", ...aims].join("\n"),
    ["Budgets", ...(over.length === 0 ? ["  ✓ all are kept"] : over)].join("\n"),
    `${seconds} seconds on ${cores} cores of ${cpu}, Node ${node}. Load before: ${loadBefore.toFixed(1)}.`,
  ];
}

function mark(isMet: boolean | null): string {
  if (isMet === null) return "–";
  return isMet ? "✓" : "✗";
}
