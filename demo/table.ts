/** One cell; `paint` colours it after it was padded. */
export interface Cell {
  readonly text: string;
  readonly right?: boolean;
  readonly paint?: (text: string) => string;
}

/** Lays rows out in columns, each as wide as its widest cell. */
export function table(rows: readonly (readonly Cell[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.text.length ?? 0)),
  );
  const lines = rows.map((row) => row.map((cell, index) => pad(cell, widths[index] ?? 0)));
  return lines.map((line) => `  ${line.join("   ")}`.trimEnd()).join("\n");
}

function pad({ text, right = false, paint }: Cell, width: number): string {
  const padded = right ? text.padStart(width) : text.padEnd(width);
  return paint === undefined ? padded : paint(padded);
}
