import { isDeepStrictEqual } from "node:util";
import { parse } from "smol-toml";
import { comment, type Entry, entriesIn, type Line, scan, uncomment } from "./lines.ts";
import {
  type Entries,
  readEntry,
  replaceValue,
  type Value,
  writeEntries,
  writeEntry,
} from "./value.ts";

/** One change of the configuration; null comments out. */
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
  readonly isCommented: boolean;
  readonly first: number;
  readonly entries: readonly Entry[];
}

/**
 * Applies one edit to the text of a file. Comments, order and unknown content stay. The
 * result is parsed, and returned only if it means what the edit says.
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
  throw new Error(`The settings are written in a form that setup cannot edit. ${byHand(edit)}`);
}

/**
 * @returns the content as plain data.
 * @throws Error if the text is not TOML.
 */
export function parseConfig(text: string): Config {
  return JSON.parse(JSON.stringify(parse(text)));
}

/**
 * @param header `[table]` or `[[array]]`.
 * @returns the entries of a block that is commented out; null if there is none.
 */
export function readCommentedBlock(text: string, header: string, match: Entries): Entries | null {
  const texts = text.split(/\r?\n/);
  const block = findBlock(texts, header, match);
  if (!block?.isCommented) return null;
  const read = block.entries.map((entry) => readEntry(linesOf(texts, entry).map(uncomment)));
  return Object.fromEntries(read.flatMap((entry) => (entry ? [[entry.key, entry.value]] : [])));
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
    case "key":
      return edit.table === undefined
        ? setKey(texts, edit.key, edit.value)
        : setKeyIn(texts, `[${edit.table}]`, edit.key, edit.value);
    case "table":
      return setBlock(texts, headerOf(edit), {}, edit.entries);
    case "element":
      return setBlock(texts, headerOf(edit), Object.fromEntries([edit.id]), edit.entries);
  }
}

/** Sets a key above all tables. */
function setKey(texts: readonly string[], key: string, value: Value | null): string[] {
  const firstHeader = scan(texts).findIndex(({ kind }) => kind === "header");
  const end = firstHeader === -1 ? texts.length : firstHeader;
  // The first key of a file comes below a comment on the file.
  const isBlank = texts[end - 1]?.trim() === "";
  return setKeyBetween(texts, { first: 0, end, empty: isBlank ? end - 1 : end }, key, value);
}

/** Sets a key in a table, and leaves its other keys alone. */
function setKeyIn(
  texts: readonly string[],
  header: string,
  key: string,
  value: Value | null,
): string[] {
  const lines = scan(texts);
  const at = lines.findIndex(({ name, isCommented }) => name === header && !isCommented);
  const [first, end] = [at + 1, nextBlock(lines, at)];
  if (at !== -1) return setKeyBetween(texts, { first, end, empty: first }, key, value);
  return value === null ? [...texts] : setBlock(texts, header, {}, { [key]: value });
}

/** The lines that entries may be in, and where the first one goes if there is none. */
interface Region {
  readonly first: number;
  readonly end: number;
  readonly empty: number;
}

function setKeyBetween(
  texts: readonly string[],
  { first, end, empty }: Region,
  key: string,
  value: Value | null,
): string[] {
  const entries = entriesIn(scan(texts), first, end);
  const named = entries.filter(({ name }) => name === key);
  const entry = named.find(({ isCommented }) => !isCommented) ?? named[0];
  if (entry === undefined) {
    const at = entries.at(-1)?.end ?? empty;
    return value === null ? [...texts] : texts.toSpliced(at, 0, ...writeEntry(key, value));
  }
  const own = linesOf(texts, entry);
  return texts.toSpliced(entry.first, own.length, ...setEntry(own, entry, value));
}

/** Gives a block exactly these entries; others in it are commented out. */
function setBlock(
  texts: readonly string[],
  header: string,
  match: Entries,
  wanted: Entries | null,
): string[] {
  const block = findBlock(texts, header, match);
  if (wanted === null) {
    return block === null || block.isCommented ? [...texts] : commentBlock(texts, block);
  }
  if (block === null) {
    const end = texts.findLastIndex((text) => text.trim() !== "") + 1;
    return texts.toSpliced(end, 0, "", header, ...writeEntries(wanted));
  }
  const { first, entries } = block;
  const missing = Object.entries(wanted).filter(([key]) => !entries.some((of) => of.name === key));
  const result = texts.toSpliced(endOf(block), 0, ...writeEntries(Object.fromEntries(missing)));
  for (const entry of entries.toReversed()) {
    const own = linesOf(texts, entry);
    const value = isChosen(entry, entries) ? (wanted[entry.name] ?? null) : null;
    result.splice(entry.first, own.length, ...setEntry(own, entry, value));
  }
  const headerLine = texts[first] ?? "";
  return result.with(first, block.isCommented ? uncomment(headerLine) : headerLine);
}

/** Prefers a block that is not commented out. */
function findBlock(texts: readonly string[], header: string, match: Entries): Block | null {
  const lines = scan(texts);
  const blocks = lines.flatMap(({ kind, name, isCommented }, first) => {
    if (kind !== "header" || name !== header) return [];
    return [{ isCommented, first, entries: entriesIn(lines, first + 1, nextBlock(lines, first)) }];
  });
  const matching = blocks.filter((block) => isMatch(texts, block, match));
  return matching.find(({ isCommented }) => !isCommented) ?? matching[0] ?? null;
}

/** A block ends at the next one; a block that is commented out, also at a blank line. */
function nextBlock(lines: readonly Line[], first: number): number {
  const isCommented = lines[first]?.isCommented;
  const end = lines.findIndex(
    ({ kind, text }, at) =>
      at > first && (kind === "header" || (isCommented && text.trim() === "")),
  );
  return end === -1 ? lines.length : end;
}

function isMatch(
  texts: readonly string[],
  { entries, isCommented }: Block,
  match: Entries,
): boolean {
  return Object.entries(match).every(([key, value]) => {
    const entry = entries.find(({ name }) => name === key);
    if (entry === undefined) return false;
    const own = linesOf(texts, entry);
    return readEntry(isCommented ? own.map(uncomment) : own)?.value === value;
  });
}

function commentBlock(texts: readonly string[], block: Block): string[] {
  return texts.map((text, at) => (at >= block.first && at < endOf(block) ? comment(text) : text));
}

function endOf({ first, entries }: Block): number {
  return entries.at(-1)?.end ?? first + 1;
}

/** Of several entries with one key, the one to edit: not commented out if possible. */
function isChosen(entry: Entry, entries: readonly Entry[]): boolean {
  const same = entries.filter(({ name }) => name === entry.name);
  return entry === (same.find(({ isCommented }) => !isCommented) ?? same[0]);
}

function setEntry(texts: readonly string[], entry: Entry, value: Value | null): string[] {
  if (value === null) return texts.map(comment);
  return replaceValue(entry.isCommented ? texts.map(uncomment) : texts, entry.name, value);
}

function linesOf(texts: readonly string[], { first, end }: Entry): string[] {
  return texts.slice(first, end);
}

function headerOf(edit: Exclude<Edit, { kind: "key" }>): string {
  return edit.kind === "table" ? `[${edit.path.join(".")}]` : `[[${edit.array}]]`;
}

function byHand(edit: Edit): string {
  const name = edit.kind === "key" ? edit.key : headerOf(edit);
  const value = edit.kind === "key" ? edit.value : edit.entries;
  if (value === null) return `Remove ${name} by hand.`;
  const lines =
    edit.kind === "key" ? writeEntry(name, value) : [name, ...writeEntries(value as Entries)];
  const table = edit.kind === "key" && edit.table !== undefined ? [`[${edit.table}]`] : [];
  return `Write by hand:\n\n${[...table, ...lines].join("\n")}\n`;
}
