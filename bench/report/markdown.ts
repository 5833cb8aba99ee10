import type { Results } from "./results.ts";
import { sectionsOf } from "./rows.ts";
import { remarks } from "./text.ts";

/** The report for bench/results. */
export function reportMarkdown(results: Results): string {
  const sections = sectionsOf(results).map(({ title, head, rows }) => {
    const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
    return [`## ${title}`, "", ...[head, rule, ...rows].map(tableRow)].join("\n");
  });
  const source = results.commit === null ? "" : ` of ${results.commit}`;
  const title = `# Run${source} on ${results.date.slice(0, 10)}`;
  const notes = remarks(results).map((note) =>
    note.replace(/\n {2}/g, "\n- ").replace("\n", "\n\n"),
  );
  return `${[title, EXPLANATION, ...sections, ...notes].join("\n\n")}\n`;
}

const EXPLANATION =
  "Ratios in brackets are to the pass-through peer in the same minutes. " +
  "[What each figure means](../README.md).";

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
