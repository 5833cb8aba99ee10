/** HTML that needs no escaping. */
export interface Markup {
  readonly html: string;
}

type Value = Markup | string | number | null | readonly Markup[];

/** A template that escapes its values, except markup; null is empty. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const parts = strings.map((part, index) =>
    index === 0 ? part : textOf(values[index - 1]) + part,
  );
  return { html: parts.join("") };
}

/** @returns the text escaped, with text between backticks as code. */
export function prose(text: string): Markup {
  return { html: escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>") };
}

/** @returns the value as JSON for the content of a `script` element. */
export function json(value: unknown): string {
  return JSON.stringify(value).replace(/</g, "\\u003c");
}

/** @returns the text as markup. Only for constants of this program, never for request data. */
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
