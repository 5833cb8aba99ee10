/** A line of wrangler.toml, classified so that an editor can keep all other lines. */
export interface Line {
  readonly text: string;
  /** `rest` continues the value of the entry above; `other` is prose or blank. */
  readonly kind: "header" | "entry" | "rest" | "other";
  /** `[vars]`, `[[r2_buckets]]`, or the entry's key; empty for the other kinds. */
  readonly name: string;
  readonly isCommented: boolean;
}

/** Consecutive lines that hold one entry. */
export interface Entry {
  readonly name: string;
  readonly isCommented: boolean;
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

/** Classifies each line, including blocks and entries that are commented out. */
export function scan(texts: readonly string[]): Line[] {
  const lines: Line[] = [];
  let open = CLOSED;
  let isCommented = false;
  for (const text of texts) {
    const isComment = /^\s*#/.test(text);
    // A comment inside a value belongs to it. A value that is commented out ends with the comment.
    const isRest = isOpen(open) && (!isCommented || isComment);
    if (!isRest) isCommented = isComment;
    const content = isCommented ? uncomment(text) : text;
    const start = isRest ? null : readStart(content);
    const value = isRest ? content : (start?.value ?? "");
    open = start || isRest ? openAfter(value, isRest ? open : CLOSED) : CLOSED;
    const { kind, name } = start ?? { kind: isRest ? ("rest" as const) : "other", name: "" };
    lines.push({ text, kind, name, isCommented });
  }
  return lines;
}

/** @returns the entries between two lines, including those that are commented out. */
export function entriesIn(lines: readonly Line[], first: number, end: number): Entry[] {
  return lines.slice(first, end).flatMap(({ kind, name, isCommented }, index) => {
    if (kind !== "entry") return [];
    const at = first + index;
    const next = lines.findIndex((line, other) => other > at && line.kind !== "rest");
    return [{ name, isCommented, first: at, end: next === -1 ? lines.length : next }];
  });
}

/** Comments a line out, unless it is a comment or blank. */
export function comment(text: string): string {
  return text.trim() === "" || text.startsWith("#") ? text : `# ${text}`;
}

/** Undoes `comment`. */
export function uncomment(text: string): string {
  return text.replace(/^\s*# ?/, "");
}

function isOpen({ quote, brackets }: Open): boolean {
  return quote !== null || brackets > 0;
}

function readStart(text: string) {
  const content = text.trim();
  const [, opening, table, closing] = HEADER.exec(content) ?? [];
  if (opening?.length === closing?.length && table !== undefined) {
    return { kind: "header" as const, name: `${opening}${table}${closing}`, value: "" };
  }
  const [, key, value] = ENTRY.exec(content) ?? [];
  if (key === undefined || value === undefined) return null;
  const name = key.startsWith('"') ? String(JSON.parse(key)) : key;
  return { kind: "entry" as const, name, value };
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
