import { html, type Markup, prose } from "../markup.ts";

/** The setup of one client. */
export interface Guide {
  readonly title: string;
  /** A file or command that people look for besides the title. */
  readonly hint: string;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly text: string;
  readonly code: Snippet | null;
  /** The title of a step that is closed at first; null for an open one. */
  readonly fold: string | null;
}

/** A text to copy. */
export interface Snippet {
  /** Its destination: a file's path, or the shell. */
  readonly title: string;
  readonly text: string;
}

/** @returns commands for a shell. */
export function shell(...commands: readonly string[]): Snippet {
  return file("Shell", ...commands);
}

/** @returns the content of a file. */
export function file(title: string, ...lines: readonly string[]): Snippet {
  return { title, text: lines.join("\n") };
}

/** @returns one step; without code, a note on the next one. */
export function step(text: string, code: Snippet | null = null): Step {
  return { text, code, fold: null };
}

/** @returns a step that is closed at first: another way to do the one before. */
export function folded(fold: string, text: string, code: Snippet): Step {
  return { text, code, fold };
}

/** @returns the items that are neither null nor false. */
export function present<T>(...items: readonly (T | null | false)[]): T[] {
  return items.filter((item): item is T => item !== null && item !== false);
}

/** @returns the guide as a block that opens and closes. */
export function guideBlock({ title, hint, steps }: Guide, isOpen: boolean): Markup {
  const open = isOpen ? html` open` : null;
  return html`<details${open}><summary><h3>${title}</h3>\
<span class="note">${hint}</span></summary><div>${steps.map(stepBlock)}</div></details>`;
}

/** @returns the snippet as a block; the script adds its copy button. */
export function codeBlock({ title, text }: Snippet): Markup {
  return html`<div class="code"><p>${title}</p><pre><code>${text}</code></pre></div>`;
}

function stepBlock({ text, code, fold }: Step): Markup {
  const block = html`${text === "" ? null : html`<p>${prose(text)}</p>`}${code && codeBlock(code)}`;
  return fold === null
    ? block
    : html`<details class="fold"><summary>${fold}</summary><div>${block}</div></details>`;
}
