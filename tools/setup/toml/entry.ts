import { isDeepStrictEqual } from "node:util";
import { parse } from "smol-toml";
import { type Value, writeEntry, writeItem } from "./literal.ts";
import { turnedOff, turnedOn } from "./scan.ts";

/** Consecutive lines that hold one entry. */
export interface Entry {
  readonly name: string;
  readonly isOff: boolean;
  readonly first: number;
  /** After the last. */
  readonly end: number;
}

/** @returns the entry's lines with this value; untouched where they have it already. */
export function entryWith(texts: readonly string[], name: string, value: Value): string[] {
  if (isDeepStrictEqual(readEntry(texts)?.value, value)) return [...texts];
  return editedList(texts, value) ?? rewritten(texts, name, value);
}

/** @returns the lines, commented out if they are not. */
export function entryOff(texts: readonly string[]): string[] {
  return texts.map(turnedOff);
}

/** @returns the lines, no longer commented out. */
export function entryOn(texts: readonly string[]): string[] {
  return texts.map(turnedOn);
}

/** @returns what the lines say; null if they are no entry by themselves. */
export function readEntry(texts: readonly string[]): { key: string; value: Value } | null {
  const [entry, ...others] = Object.entries(readLines(texts) ?? {});
  return entry === undefined || others.length > 0 ? null : { key: entry[0], value: entry[1] };
}

function readLines(texts: readonly string[]): Record<string, Value> | null {
  try {
    // Plain data, so that values can be compared.
    return JSON.parse(JSON.stringify(parse(texts.join("\n"))));
  } catch {
    return null;
  }
}

/** A list with an item a line keeps the lines, and the comments, of the items that stay. */
function editedList(texts: readonly string[], value: Value): string[] | null {
  const [head = "", ...inner] = texts;
  const tail = inner.pop();
  if (!Array.isArray(value) || value.length === 0 || tail?.trim() !== "]") return null;
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
  // Where the last item has no comma, what is new goes in front.
  return readEntry(appended) === null ? [head, ...added, ...kept, tail] : appended;
}

function rewritten(texts: readonly string[], name: string, value: Value): string[] {
  const lines = writeEntry(name, value);
  const comment = texts.length === 1 ? trailingComment(texts[0] ?? "") : "";
  return lines.map((line, index) => (index === 0 ? line + comment : line));
}

function trailingComment(text: string): string {
  const outsideStrings = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'#])*?(\s*#.*)$/;
  return outsideStrings.exec(text)?.[1] ?? "";
}
