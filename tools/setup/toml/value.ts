import { isDeepStrictEqual } from "node:util";
import { parse } from "smol-toml";

/** A value of wrangler.toml. */
export type Value =
  | string
  | number
  | boolean
  | readonly Value[]
  | { readonly [key: string]: Value };

export type Entries = { readonly [key: string]: Value };

/** @returns `key = value`, in several lines if the value is a list of tables. */
export function writeEntry(key: string, value: Value): string[] {
  const items = isList(value) && value.length > 1 ? value : [];
  if (!items.some((item) => typeof item === "object")) {
    return [`${writeKey(key)} = ${writeValue(value)}`];
  }
  return [`${writeKey(key)} = [`, ...items.map(writeItem), "]"];
}

export function writeEntries(entries: Entries): string[] {
  return Object.entries(entries).flatMap(([key, value]) => writeEntry(key, value));
}

/** @returns the entry that the lines hold; null if they are not one complete entry. */
export function readEntry(texts: readonly string[]): { key: string; value: Value } | null {
  const [entry, ...others] = Object.entries(readLines(texts) ?? {});
  return entry === undefined || others.length > 0 ? null : { key: entry[0], value: entry[1] };
}

/** @returns the lines of an entry with another value; unchanged if they have it already. */
export function replaceValue(texts: readonly string[], name: string, value: Value): string[] {
  if (isDeepStrictEqual(readEntry(texts)?.value, value)) return [...texts];
  return editList(texts, value) ?? rewrite(texts, name, value);
}

/** Keeps the lines and comments of the items that stay, if each item has its own line. */
function editList(texts: readonly string[], value: Value): string[] | null {
  const [head = "", ...inner] = texts;
  const tail = inner.pop();
  if (!isList(value) || value.length === 0 || tail?.trim() !== "]") return null;
  if (!/=\s*\[\s*(?:#.*)?$/.test(head)) return null;
  const missing = [...value];
  const kept: string[] = [];
  for (const line of inner) {
    const items = readLines([`x = [${line}\n]`])?.x;
    if (!Array.isArray(items) || items.length > 1) return null;
    const at = missing.findIndex((item) => isDeepStrictEqual(item, items[0]));
    if (items.length === 1 && at === -1) continue;
    if (items.length === 1) missing.splice(at, 1);
    kept.push(line);
  }
  const added = missing.map(writeItem);
  const appended = [head, ...kept, ...added, tail];
  // If the last item has no comma, new items go in front.
  return readEntry(appended) === null ? [head, ...added, ...kept, tail] : appended;
}

function rewrite(texts: readonly string[], name: string, value: Value): string[] {
  const lines = writeEntry(name, value);
  const comment = texts.length === 1 ? trailingComment(texts[0] ?? "") : "";
  return lines.map((line, index) => (index === 0 ? line + comment : line));
}

function trailingComment(text: string): string {
  const outsideStrings = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'#])*?(\s*#.*)$/;
  return outsideStrings.exec(text)?.[1] ?? "";
}

function readLines(texts: readonly string[]): Record<string, Value> | null {
  try {
    // Plain data, so that values can be compared.
    return JSON.parse(JSON.stringify(parse(texts.join("\n"))));
  } catch {
    return null;
  }
}

function writeItem(item: Value): string {
  return `  ${writeValue(item)},`;
}

function writeKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : writeString(key);
}

function writeValue(value: Value): string {
  if (typeof value === "string") return writeString(value);
  if (typeof value !== "object") return String(value);
  if (isList(value)) return `[${value.map(writeValue).join(", ")}]`;
  const entries = Object.entries(value).map(([key, of]) => `${writeKey(key)} = ${writeValue(of)}`);
  return `{ ${entries.join(", ")} }`;
}

/** JSON's escapes are valid in TOML's basic strings; TOML requires one more, for DEL. */
function writeString(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
