import { isDeepStrictEqual } from "node:util";
import { parse } from "smol-toml";
import { type Entries, setBlock } from "./block.ts";
import { setKey } from "./key.ts";
import { type Value, writeEntry } from "./literal.ts";

/** One change of wrangler.toml; null comments out what is there. */
export type Edit =
  | { readonly kind: "key"; readonly key: string; readonly value: Value | null }
  | { readonly kind: "table"; readonly path: readonly string[]; readonly entries: Entries | null }
  | {
      readonly kind: "element";
      readonly array: string;
      /** The key that tells elements apart, and its value. */
      readonly id: readonly [string, Value];
      readonly entries: Entries | null;
    };

export type Config = { [key: string]: Value };

/**
 * Changes the text of wrangler.toml and nothing else in it: comments, order and whatever is not
 * known here stay. The result is parsed, and says what the edit says or is thrown away.
 *
 * @throws Error that tells what to write by hand.
 */
export function applyEdit(text: string, edit: Edit): string {
  const before = parseConfig(text);
  const wanted = changedConfig(before, edit);
  if (isSame(before, wanted)) return text;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const edited = changedLines(text.split(newline), edit).join(newline);
  const after = parseOrNull(edited);
  if (after !== null && isSame(after, wanted)) return edited;
  throw new Error(`wrangler.toml is written in a way that is not edited here. ${byHand(edit)}`);
}

/**
 * @returns what the text says, as plain data.
 * @throws Error if it is no TOML.
 */
export function parseConfig(text: string): Config {
  return JSON.parse(JSON.stringify(parse(text)));
}

function parseOrNull(text: string): Config | null {
  try {
    return parseConfig(text);
  } catch {
    return null;
  }
}

/** The order of a list's items means nothing in what is edited here. */
function isSame(some: Config, other: Config): boolean {
  const sorted = (config: Config) =>
    Object.entries(config).map(([key, value]) =>
      Array.isArray(value) ? [key, value.map((item) => JSON.stringify(item)).sort()] : [key, value],
    );
  return isDeepStrictEqual(Object.fromEntries(sorted(some)), Object.fromEntries(sorted(other)));
}

function changedLines(texts: readonly string[], edit: Edit): string[] {
  switch (edit.kind) {
    case "key":
      return setKey(texts, edit.key, edit.value);
    case "table":
      return setBlock(texts, headerOf(edit), {}, edit.entries);
    case "element":
      return setBlock(texts, headerOf(edit), Object.fromEntries([edit.id]), edit.entries);
  }
}

function changedConfig(config: Config, edit: Edit): Config {
  switch (edit.kind) {
    case "key":
      return withKey(config, edit.key, edit.value);
    case "table":
      return withTable(config, edit.path, edit.entries);
    case "element": {
      const [key, value] = edit.id;
      const elements = (config[edit.array] ?? []) as readonly Entries[];
      const others = elements.map((element) => (element[key] === value ? edit.entries : element));
      const isNew = !elements.some((element) => element[key] === value);
      const all = [...others, ...(isNew ? [edit.entries] : [])].filter(
        (element) => element !== null,
      );
      return withKey(config, edit.array, all.length > 0 ? all : null);
    }
  }
}

function withKey(config: Config, key: string, value: Value | null): Config {
  const { [key]: _, ...rest } = config;
  return value === null ? rest : { ...rest, [key]: value };
}

function withTable(
  config: Config,
  [key = "", ...rest]: readonly string[],
  entries: Entries | null,
): Config {
  if (rest.length === 0) return withKey(config, key, entries);
  if (entries === null && !(key in config)) return config;
  const inner = (config[key] ?? {}) as Config;
  return withKey(config, key, withTable(inner, rest, entries));
}

function headerOf(edit: Exclude<Edit, { kind: "key" }>): string {
  return edit.kind === "table" ? `[${edit.path.join(".")}]` : `[[${edit.array}]]`;
}

function byHand(edit: Edit): string {
  const name = edit.kind === "key" ? edit.key : headerOf(edit);
  const value = edit.kind === "key" ? edit.value : edit.entries;
  if (value === null) return `Remove ${name} by hand.`;
  if (edit.kind === "key") return `Write by hand:\n\n${writeEntry(edit.key, value).join("\n")}\n`;
  const entries = Object.entries(value).flatMap(([key, of]) => writeEntry(key, of));
  return `Write by hand:\n\n${[name, ...entries].join("\n")}\n`;
}
