/** A line of wrangler.toml and what it is to an editor that keeps every other line. */
export interface Line {
  readonly text: string;
  /** A header, the first line of an entry, a further line of its value, or prose and blanks. */
  readonly kind: "header" | "entry" | "rest" | "other";
  /** `[vars]`, `[[r2_buckets]]`, or the entry's key; empty for the other kinds. */
  readonly name: string;
  /** Whether it is commented out. */
  readonly isOff: boolean;
}

/** What a value leaves open at the end of a line. */
interface Open {
  readonly quote: '"""' | "'''" | null;
  readonly brackets: number;
}

const CLOSED: Open = { quote: null, brackets: 0 };
const HEADER = /^(\[\[?)\s*([A-Za-z0-9_."-]+)\s*(\]\]?)\s*(?:#.*)?$/;
const ENTRY = /^("(?:[^"\\]|\\.)*"|[A-Za-z0-9_.-]+)\s*=(\s*\S.*)$/;

/** Tells what each line is, also of blocks and entries that are commented out. */
export function scan(texts: readonly string[]): Line[] {
  const lines: Line[] = [];
  let open = CLOSED;
  let isOff = false;
  for (const text of texts) {
    const isComment = /^\s*#/.test(text);
    // A comment within a value is a part of it; anything else ends a value that is commented out.
    const isRest = isOpen(open) && (!isOff || isComment);
    if (!isRest) isOff = isComment;
    const content = isOff ? turnedOn(text) : text;
    const begun = isRest ? null : readBegin(content);
    const value = isRest ? content : (begun?.value ?? "");
    open = begun || isRest ? whatIsOpen(value, isRest ? open : CLOSED) : CLOSED;
    const { kind, name } = begun ?? { kind: isRest ? ("rest" as const) : "other", name: "" };
    lines.push({ text, kind, name, isOff });
  }
  return lines;
}

/** @returns the line commented out. */
export function turnedOff(text: string): string {
  return text.trim() === "" || text.startsWith("#") ? text : `# ${text}`;
}

/** @returns the line as it was before it was commented out. */
export function turnedOn(text: string): string {
  return text.replace(/^\s*# ?/, "");
}

function isOpen({ quote, brackets }: Open): boolean {
  return quote !== null || brackets > 0;
}

function readBegin(text: string) {
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

/** Reads over strings and comments, in which brackets mean nothing. */
function whatIsOpen(text: string, before: Open): Open {
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
