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

/** @returns the value of the entry that the lines hold; undefined if they are not one entry. */
export function readValue(texts: readonly string[]): Value | undefined {
  try {
    // Plain data, so that values can be compared.
    return JSON.parse(JSON.stringify(Object.values(parse(texts.join("\n")))[0]));
  } catch {
    return undefined;
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
