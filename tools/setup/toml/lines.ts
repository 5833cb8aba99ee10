/** A line of a TOML file, classified so that an editor can keep all other lines. */
export interface Line {
  /** `rest` continues the value of the entry above; `other` is a comment or blank. */
  readonly kind: "header" | "entry" | "rest" | "other";
  /** `[vars]`, `[[r2_buckets]]`, or the entry's key; empty for the other kinds. */
  readonly name: string;
}

/** Consecutive lines that hold one entry. */
export interface Entry {
  readonly name: string;
  /** The index of its first line. */
  readonly first: number;
  /** The index after its last line. */
  readonly end: number;
}

/** The brackets and quotes that a value leaves open at the end of a line. */
interface Open {
  readonly quote: '"""' | "'''" | null;
  readonly brackets: number;
}

const CLOSED: Open = { quote: null, brackets: 0 };
const HEADER = /^(\[\[?)\s*([A-Za-z0-9_."-]+)\s*(\]\]?)\s*(?:#.*)?$/;
const ENTRY = /^("(?:[^"\\]|\\.)*"|[A-Za-z0-9_.-]+)\s*=(\s*\S.*)$/;

/** Classifies each line. */
export function scan(texts: readonly string[]): Line[] {
  let open = CLOSED;
  return texts.map((text) => {
    if (open.quote !== null || open.brackets > 0) {
      open = openAfter(text, open);
      return { kind: "rest", name: "" };
    }
    const { kind, name, value } = readStart(text);
    open = openAfter(value, CLOSED);
    return { kind, name };
  });
}

/** @returns the entries between two lines. */
export function entriesIn(lines: readonly Line[], first: number, end: number): Entry[] {
  return lines.slice(first, end).flatMap(({ kind, name }, index) => {
    if (kind !== "entry") return [];
    const at = first + index;
    const next = lines.findIndex((line, other) => other > at && line.kind !== "rest");
    return [{ name, first: at, end: next === -1 ? lines.length : next }];
  });
}

function readStart(text: string): Line & { readonly value: string } {
  const content = text.trim();
  const [, opening, table, closing] = HEADER.exec(content) ?? [];
  if (opening?.length === closing?.length && table !== undefined) {
    return { kind: "header", name: `${opening}${table}${closing}`, value: "" };
  }
  const [, key, value] = ENTRY.exec(content) ?? [];
  if (key === undefined || value === undefined) return { kind: "other", name: "", value: "" };
  const name = key.startsWith('"') ? String(JSON.parse(key)) : key;
  return { kind: "entry", name, value };
}

/** Skips strings and comments, in which brackets mean nothing. */
function openAfter(text: string, before: Open): Open {
  let { quote, brackets } = before;
  const tokens = /"""|'''|"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[#[\]{}]/g;
  for (let rest = text; ; ) {
    tokens.lastIndex = 0;
    const pattern =
      quote === null ? tokens : new RegExp(quote === '"""' ? '\\\\.|"""' : quote, "g");
    const found = pattern.exec(rest);
    if (found === null || found[0] === "#") return { quote, brackets };
    rest = rest.slice(found.index + found[0].length);
    const [token] = found;
    if (token === '"""' || token === "'''") quote = quote === null ? token : null;
    if (token === "[" || token === "{") brackets += 1;
    if (token === "]" || token === "}") brackets -= 1;
  }
}
