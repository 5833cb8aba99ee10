import { html, type Markup, prose } from "../markup.ts";

/** The setup of one client. */
export interface Guide {
  readonly title: string;
  /** A file or command that people look for besides the title. */
  readonly hint: string;
  readonly steps: readonly Markup[];
}

/** @returns commands for a shell, as a block to copy. */
export function shell(...commands: readonly string[]): Markup {
  return file("Shell", ...commands);
}

/** @returns the content of a file, as a block to copy; the script adds its button. */
export function file(title: string, ...lines: readonly string[]): Markup {
  return html`<div class="code"><p>${title}</p><pre><code>${lines.join("\n")}</code></pre></div>`;
}

/** @returns one step; without code, a note on the next one. */
export function step(text: string, code: Markup | null = null): Markup {
  return html`<p>${prose(text)}</p>${code}`;
}

/** @returns a step that is closed at first: another way to do the one before. */
export function folded(title: string, code: Markup): Markup {
  return html`<details class="fold"><summary>${title}</summary><div>${code}</div></details>`;
}

/** @returns the items that are neither null nor false. */
export function present<T>(...items: readonly (T | null | false)[]): T[] {
  return items.filter((item): item is T => item !== null && item !== false);
}

/** @returns the guide as a block that opens and closes. */
export function guideBlock({ title, hint, steps }: Guide, isOpen: boolean): Markup {
  const open = isOpen ? html` open` : null;
  return html`<details${open}><summary><h3>${title}</h3>\
<span class="note">${hint}</span></summary><div>${steps}</div></details>`;
}
