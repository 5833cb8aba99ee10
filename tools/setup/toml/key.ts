import { entriesIn } from "./block.ts";
import { type Entry, entryOff, entryWith } from "./entry.ts";
import { type Value, writeEntry } from "./literal.ts";
import { scan } from "./scan.ts";

/** Sets a key that stands before all tables; null comments it out. */
export function setKey(texts: readonly string[], key: string, value: Value | null): string[] {
  const lines = scan(texts);
  const firstHeader = lines.findIndex(({ kind }) => kind === "header");
  const end = firstHeader === -1 ? lines.length : firstHeader;
  const entries = entriesIn(lines, 0, end);
  const named = entries.filter(({ name }) => name === key);
  const entry = named.find(({ isOff }) => !isOff) ?? named[0];
  if (entry === undefined) {
    const at = entries.at(-1)?.end ?? 0;
    return value === null ? [...texts] : texts.toSpliced(at, 0, ...writeEntry(key, value));
  }
  return texts.toSpliced(entry.first, entry.end - entry.first, ...changed(texts, entry, value));
}

function changed(texts: readonly string[], entry: Entry, value: Value | null): string[] {
  const own = texts.slice(entry.first, entry.end);
  if (value === null) return entryOff(own);
  return entry.isOff ? writeEntry(entry.name, value) : entryWith(own, entry.name, value);
}
