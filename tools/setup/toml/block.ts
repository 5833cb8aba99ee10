import { type Entry, entryOff, entryOn, entryWith, readEntry } from "./entry.ts";
import { type Value, writeEntry } from "./literal.ts";
import { type Line, scan, turnedOff, turnedOn } from "./scan.ts";

export type Entries = { readonly [key: string]: Value };

/** A table, or one element of an array of tables, and the lines it takes. */
interface Block {
  readonly isOff: boolean;
  readonly first: number;
  readonly entries: readonly Entry[];
}

/**
 * Makes a block have exactly these entries; null comments it out. One that is commented out is
 * turned on again, and so are its entries; what is not wanted is commented out.
 *
 * @param header `[table]` or `[[array]]`.
 * @param match of an array, the entries that tell which element is meant.
 */
export function setBlock(
  texts: readonly string[],
  header: string,
  match: Entries,
  entries: Entries | null,
): string[] {
  const block = findBlock(texts, header, match);
  if (entries === null) return block === null || block.isOff ? [...texts] : blockOff(texts, block);
  if (block === null) return appended(texts, header, entries);
  return blockWith(texts, block, entries);
}

/** @returns the entries of a block that is commented out, as it would have them; null if none is. */
export function readBlockOff(
  texts: readonly string[],
  header: string,
  match: Entries,
): Entries | null {
  const block = findBlock(texts, header, match);
  if (!block?.isOff) return null;
  const read = block.entries.map((entry) => readEntry(entryOn(linesOf(texts, entry))));
  return Object.fromEntries(read.flatMap((entry) => (entry ? [[entry.key, entry.value]] : [])));
}

/** @returns the entries between two lines, also those that are commented out. */
export function entriesIn(lines: readonly Line[], first: number, end: number): Entry[] {
  return lines.slice(first, end).flatMap(({ kind, name, isOff }, index) => {
    if (kind !== "entry") return [];
    const at = first + index;
    const next = lines.findIndex((line, other) => other > at && line.kind !== "rest");
    return [{ name, isOff, first: at, end: next === -1 ? lines.length : next }];
  });
}

/** One that is on before one that is off. */
function findBlock(texts: readonly string[], header: string, match: Entries): Block | null {
  const lines = scan(texts);
  const blocks = lines.flatMap(({ kind, name, isOff }, first) => {
    if (kind !== "header" || name !== header) return [];
    return [{ isOff, first, entries: entriesIn(lines, first + 1, endOf(lines, first)) }];
  });
  const matching = blocks.filter((block) => isMatch(texts, block, match));
  return matching.find(({ isOff }) => !isOff) ?? matching[0] ?? null;
}

/** A block ends where the next begins; one that is commented out, with the first blank line. */
function endOf(lines: readonly Line[], first: number): number {
  const isOff = lines[first]?.isOff;
  const end = lines.findIndex(
    ({ kind, text }, at) => at > first && (kind === "header" || (isOff && text.trim() === "")),
  );
  return end === -1 ? lines.length : end;
}

function isMatch(texts: readonly string[], { entries, isOff }: Block, match: Entries): boolean {
  return Object.entries(match).every(([key, value]) => {
    const entry = entries.find(({ name }) => name === key);
    if (entry === undefined) return false;
    const own = linesOf(texts, entry);
    return readEntry(isOff ? entryOn(own) : own)?.value === value;
  });
}

function blockOff(texts: readonly string[], { first, entries }: Block): string[] {
  const end = entries.at(-1)?.end ?? first + 1;
  return texts.map((text, at) => (at >= first && at < end ? turnedOff(text) : text));
}

function blockWith(texts: readonly string[], block: Block, wanted: Entries): string[] {
  const { first, entries } = block;
  const missing = Object.entries(wanted).filter(([key]) => !entries.some((of) => of.name === key));
  const end = entries.at(-1)?.end ?? first + 1;
  const result = texts.toSpliced(end, 0, ...missing.flatMap(([key, of]) => writeEntry(key, of)));
  for (const { entry, value } of choose(entries, wanted).toReversed()) {
    const own = linesOf(texts, entry);
    const on = entry.isOff ? entryOn(own) : own;
    const lines = value === null ? entryOff(own) : entryWith(on, entry.name, value);
    result.splice(entry.first, entry.end - entry.first, ...lines);
  }
  const header = texts[first] ?? "";
  return result.with(first, block.isOff ? turnedOn(header) : header);
}

/** Which entry has which value: of several with one key the one that is on, else the first. */
function choose(entries: readonly Entry[], wanted: Entries) {
  return entries.map((entry) => {
    const same = entries.filter(({ name }) => name === entry.name);
    const isChosen = entry === (same.find(({ isOff }) => !isOff) ?? same[0]);
    return { entry, value: isChosen ? (wanted[entry.name] ?? null) : null };
  });
}

function appended(texts: readonly string[], header: string, entries: Entries): string[] {
  const written = Object.entries(entries).flatMap(([key, value]) => writeEntry(key, value));
  const end = texts.findLastIndex((text) => text.trim() !== "") + 1;
  return [...texts.slice(0, end), "", header, ...written, ...texts.slice(end)];
}

function linesOf(texts: readonly string[], { first, end }: Entry): string[] {
  return texts.slice(first, end);
}
