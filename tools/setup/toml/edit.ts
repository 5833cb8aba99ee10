import { isDeepStrictEqual } from "node:util";
import { parse, TomlError } from "smol-toml";
import { SetupError, type Texts } from "../texts.ts";
import { type Entry, entriesIn, type Line, scan } from "./lines.ts";
import { type Entries, readValue, type Value, writeEntries, writeEntry } from "./value.ts";

/** One change of the configuration; null removes. */
export type Edit =
  | {
      readonly kind: "key";
      /** The table that has the key; above all tables unless set. */
      readonly table?: string;
      readonly key: string;
      readonly value: Value | null;
    }
  | { readonly kind: "table"; readonly path: readonly string[]; readonly entries: Entries | null }
  | {
      readonly kind: "element";
      readonly array: string;
      /** The key that identifies an element of the array, and its value. */
      readonly id: readonly [string, Value];
      readonly entries: Entries | null;
    };

export type Config = { [key: string]: Value };

/** A table, or one element of an array of tables. */
interface Block {
  /** The index of its header. */
  readonly first: number;
  readonly entries: readonly Entry[];
}

/**
 * Applies one edit to the text of a file. All lines stay but those of changed entries. The result
 * is parsed, and returned only if it means what the edit says.
 *
 * @throws Error with what to write by hand.
 */
export function applyEdit(text: string, edit: Edit): string {
  const before = parseConfig(text);
  const wanted = editConfig(before, edit);
  if (isSame(before, wanted)) return text;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const edited = editLines(text.split(newline), edit).join(newline);
  const after = parseOrNull(edited);
  if (after !== null && isSame(after, wanted)) return edited;
  throw new SetupError((texts) => texts.cannotEdit(byHand(texts, edit)));
}

/**
 * @param name the file's.
 * @returns the content as plain data.
 * @throws Error with file and line if the text is not TOML.
 */
export function parseConfig(text: string, name = "the file"): Config {
  try {
    return JSON.parse(JSON.stringify(parse(text)));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The message continues with the lines of the file.
    const [reason = ""] = error.message.replace("Invalid TOML document: ", "").split("\n");
    throw new Error(`${name} is not valid TOML, line ${error.line}: ${reason}`);
  }
}

function parseOrNull(text: string): Config | null {
  try {
    return parseConfig(text);
  } catch {
    return null;
  }
}

/** Ignores empty tables and the order of lists, which mean nothing in the keys that setup edits. */
function isSame(some: Config, other: Config): boolean {
  const sorted = (config: Config) =>
    Object.entries(config)
      .filter(([, value]) => !isDeepStrictEqual(value, {}))
      .map(([key, value]) =>
        Array.isArray(value)
          ? [key, value.map((item) => JSON.stringify(item)).sort()]
          : [key, value],
      );
  return isDeepStrictEqual(Object.fromEntries(sorted(some)), Object.fromEntries(sorted(other)));
}

function editConfig(config: Config, edit: Edit): Config {
  switch (edit.kind) {
    case "key": {
      const { table, key, value } = edit;
      if (table === undefined) return withKey(config, key, value);
      const inner = withKey((config[table] ?? {}) as Config, key, value);
      return value === null && !(table in config) ? config : withKey(config, table, inner);
    }
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

function editLines(texts: readonly string[], edit: Edit): string[] {
  switch (edit.kind) {
    case "key": {
      const changes = { [edit.key]: edit.value };
      if (edit.table === undefined) return setTopEntries(texts, changes);
      const header = `[${edit.table}]`;
      const block = findBlock(texts, header, {});
      if (block !== null) return setEntries(texts, block.entries, block.first + 1, changes);
      return edit.value === null ? [...texts] : append(texts, header, { [edit.key]: edit.value });
    }
    case "table":
      return setBlock(texts, headerOf(edit), {}, edit.entries);
    case "element":
      return setBlock(texts, headerOf(edit), Object.fromEntries([edit.id]), edit.entries);
  }
}

/** Sets entries above all tables. */
function setTopEntries(texts: readonly string[], changes: Changes): string[] {
  const lines = scan(texts);
  const end = nextHeader(lines, -1);
  // The first key of a file comes below a comment on the file.
  const isBlank = texts[end - 1]?.trim() === "";
  return setEntries(texts, entriesIn(lines, 0, end), isBlank ? end - 1 : end, changes);
}

/** Gives a block exactly these entries; null removes it. */
function setBlock(
  texts: readonly string[],
  header: string,
  match: Entries,
  wanted: Entries | null,
): string[] {
  const block = findBlock(texts, header, match);
  if (block === null) return wanted === null ? [...texts] : append(texts, header, wanted);
  const { first, entries } = block;
  if (wanted === null) {
    const start = texts[first - 1]?.trim() === "" ? first - 1 : first;
    return texts.toSpliced(start, (entries.at(-1)?.end ?? first + 1) - start);
  }
  const none = Object.fromEntries(entries.map(({ name }) => [name, null]));
  return setEntries(texts, entries, first + 1, { ...none, ...wanted });
}

/** Values by key; null removes. */
type Changes = Readonly<Record<string, Value | null>>;

/** Changes entries that are there, and adds the others below them, or at `empty` without any. */
function setEntries(
  texts: readonly string[],
  entries: readonly Entry[],
  empty: number,
  changes: Changes,
): string[] {
  const isNew = (key: string) => !entries.some(({ name }) => name === key);
  const result = texts.toSpliced(
    entries.at(-1)?.end ?? empty,
    0,
    ...Object.entries(changes).flatMap(([key, value]) =>
      value !== null && isNew(key) ? writeEntry(key, value) : [],
    ),
  );
  for (const { name, first, end } of entries.toReversed()) {
    const value = changes[name];
    if (value === undefined || isDeepStrictEqual(readValue(texts.slice(first, end)), value)) {
      continue;
    }
    result.splice(first, end - first, ...(value === null ? [] : writeEntry(name, value)));
  }
  return result;
}

function append(texts: readonly string[], header: string, entries: Entries): string[] {
  const end = texts.findLastIndex((text) => text.trim() !== "") + 1;
  return texts.toSpliced(end, 0, "", header, ...writeEntries(entries));
}

/** @returns the block with this header and these entries, maybe among others. */
function findBlock(texts: readonly string[], header: string, match: Entries): Block | null {
  const lines = scan(texts);
  const blocks = lines.flatMap(({ kind, name }, first): Block[] => {
    if (kind !== "header" || name !== header) return [];
    return [{ first, entries: entriesIn(lines, first + 1, nextHeader(lines, first)) }];
  });
  const isMatch = ({ entries }: Block) =>
    Object.entries(match).every(([key, value]) =>
      entries.some(
        ({ name, first, end }) => name === key && readValue(texts.slice(first, end)) === value,
      ),
    );
  return blocks.find(isMatch) ?? null;
}

function nextHeader(lines: readonly Line[], after: number): number {
  const next = lines.findIndex(({ kind }, at) => at > after && kind === "header");
  return next === -1 ? lines.length : next;
}

function headerOf(edit: Exclude<Edit, { kind: "key" }>): string {
  return edit.kind === "table" ? `[${edit.path.join(".")}]` : `[[${edit.array}]]`;
}

function byHand(texts: Texts, edit: Edit): string {
  const name = edit.kind === "key" ? edit.key : headerOf(edit);
  const value = edit.kind === "key" ? edit.value : edit.entries;
  if (value === null) return texts.removeByHand(name);
  const lines =
    edit.kind === "key" ? writeEntry(name, value) : [name, ...writeEntries(value as Entries)];
  const table = edit.kind === "key" && edit.table !== undefined ? [`[${edit.table}]`] : [];
  return texts.writeByHand([...table, ...lines].join("\n"));
}
