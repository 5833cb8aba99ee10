/** A value as it stands in wrangler.toml. */
export type Value =
  | string
  | number
  | boolean
  | readonly Value[]
  | { readonly [key: string]: Value };

/** @returns `key = value`, in several lines if the value is a list of tables. */
export function writeEntry(key: string, value: Value): string[] {
  const items = Array.isArray(value) && value.length > 1 ? value : [];
  if (!items.some((item) => typeof item === "object")) {
    return [`${writeKey(key)} = ${writeValue(value)}`];
  }
  return [`${writeKey(key)} = [`, ...items.map(writeItem), "]"];
}

/** @returns one item of a list, on a line of its own. */
export function writeItem(item: Value): string {
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

/** Every escape of JSON is one of TOML's basic strings; only DEL has to be escaped besides. */
function writeString(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
