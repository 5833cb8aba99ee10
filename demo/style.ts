/** Makes text stand out, or leaves it alone where colours are not wanted. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warm: (text: string) => string;
}

/** Colours for a terminal, unless NO_COLOR is set; none for a file or a pipe. */
export function createStyle(): Style {
  const isWanted = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const paint = (code: number) => (text: string) =>
    isWanted ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { bold: paint(1), dim: paint(2), good: paint(32), bad: paint(31), warm: paint(33) };
}
