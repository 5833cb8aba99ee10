/** How one client is set up. */
export interface Guide {
  readonly title: string;
  /** What people look for besides the title: a file, a command. */
  readonly hint: string;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly text: string;
  readonly code: Snippet | null;
}

/** What is copied. */
export interface Snippet {
  /** Where it goes: a file's path, or the shell. */
  readonly title: string;
  readonly text: string;
}

/** @returns commands for a shell. */
export function shell(...commands: readonly string[]): Snippet {
  return file("Shell", ...commands);
}

/** @returns what belongs in a file. */
export function file(title: string, ...lines: readonly string[]): Snippet {
  return { title, text: lines.join("\n") };
}

/** @returns one step; without code, what there is to know before the next one. */
export function step(text: string, code: Snippet | null = null): Step {
  return { text, code };
}

/** @returns the items that are there. */
export function present<T>(...items: readonly (T | null | false)[]): T[] {
  return items.filter((item): item is T => item !== null && item !== false);
}

/** @returns a command that writes a file of root's, in a directory that is there. */
export function writeFile(path: string, lines: readonly string[]): string {
  return [`sudo tee ${path} >/dev/null <<'EOF'`, ...lines, "EOF"].join("\n");
}
