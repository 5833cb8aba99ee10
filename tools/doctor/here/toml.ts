import { parse } from "smol-toml";

export type Table = Readonly<Record<string, unknown>>;

/** @returns null if the text is not TOML. */
export function parseToml(text: string): Table | null {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

/** @returns the table below these keys; an empty one if there is none. */
export function tableIn(table: Table, ...keys: readonly string[]): Table {
  return keys.reduce<Table>((outer, key) => asTable(outer[key]), table);
}

/** @returns the array of tables under a key. */
export function tablesIn(table: Table, key: string): Table[] {
  const value = table[key];
  return Array.isArray(value) ? value.map(asTable) : [];
}

function asTable(value: unknown): Table {
  return typeof value === "object" && value !== null ? (value as Table) : {};
}
