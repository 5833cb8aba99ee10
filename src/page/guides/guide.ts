/** How one client is set up. */
export interface Guide {
  /** For links, e.g. `docker`. */
  readonly id: string;
  readonly title: string;
  /** What people look for besides the title: a file, a command. */
  readonly hint: string;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly text: string;
  readonly code?: Snippet;
}

/** What is copied. */
export interface Snippet {
  /** Where it goes: a file's path, or the shell. */
  readonly title: string;
  readonly text: string;
}

/** @returns the items that are there. */
export function present<T>(...items: readonly (T | null | false)[]): T[] {
  return items.filter((item): item is T => item !== null && item !== false);
}

/** @returns a command that writes a file of root's, whose directory is there. */
export function writeFile(path: string, lines: readonly string[], end = "'EOF'"): string {
  return [`sudo tee ${path} >/dev/null <<${end}`, ...lines, "EOF"].join("\n");
}
