/** HTML that is safe to stand in the page. */
export interface Markup {
  readonly html: string;
}

type Value = Markup | string | number | null | readonly Markup[];

/** A template whose values are escaped, unless they are markup; null stands for nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const parts = strings.map((part, index) =>
    index === 0 ? part : textOf(values[index - 1]) + part,
  );
  return { html: parts.join("") };
}

/** @returns the text escaped, with what stands between backticks as code. */
export function prose(text: string): Markup {
  return { html: escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>") };
}

/** @returns the value as JSON that can stand in a `script` element. */
export function json(value: unknown): Markup {
  return { html: JSON.stringify(value).replace(/</g, "\\u003c") };
}

/** @returns text that is known to be markup: a constant of this program, never a value of a request. */
export function verbatim(text: string): Markup {
  return { html: text };
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

function textOf(value: Value | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string" || typeof value === "number") return escaped(String(value));
  if ("html" in value) return value.html;
  return value.map(({ html: text }) => text).join("");
}
