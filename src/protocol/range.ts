/** A requested range (RFC 9110, section 14.2). */
export type RangeRequest =
  /** From `first` on, to `last` inclusive or to the end if null. */
  | { readonly kind: "from"; readonly first: number; readonly last: number | null }
  /** The last `length` bytes. */
  | { readonly kind: "suffix"; readonly length: number }
  /** Several ranges, passed on unchanged. */
  | { readonly kind: "several"; readonly header: string };

/** The range of a response (RFC 9110, section 14.4): bytes `first` to `last` of `total`. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly total: number;
}

/** Larger than any blob; larger numbers are not exact. */
const MAX_POSITION = Number.MAX_SAFE_INTEGER;
const POSITION = "\\d{1,15}";
/** A client may write "to the end" as the largest number it knows. */
const FROM = /^(\d+)-(\d+)?$/;
const SUFFIX = /^-(\d+)$/;
const SEVERAL = new RegExp(`^(?:${POSITION}-(?:${POSITION})?|-${POSITION})$`);
const CONTENT_RANGE = new RegExp(`^bytes (${POSITION})-(${POSITION})/(${POSITION}|\\*)$`);
const UNSATISFIED_RANGE = new RegExp(`^bytes \\*/(${POSITION})$`);

/** @returns null if there is no range or it is malformed; both mean the whole content. */
export function parseRange(header: string | null): RangeRequest | null {
  const [, set] = /^bytes=(.+)$/i.exec(header?.trim() ?? "") ?? [];
  if (set === undefined) return null;
  const ranges = set.split(",").map((range) => range.trim());
  if (ranges.length > 1) {
    return ranges.every((range) => SEVERAL.test(range))
      ? { kind: "several", header: `bytes=${ranges.join(",")}` }
      : null;
  }
  return parseOne(set.trim());
}

/** @returns the range as a header for the upstream. */
export function rangeHeader(range: RangeRequest): string {
  if (range.kind === "several") return range.header;
  if (range.kind === "suffix") return `bytes=-${range.length}`;
  const { first, last } = range;
  return `bytes=${first}-${last === null || last === MAX_POSITION ? "" : last}`;
}

/**
 * @returns the range of a 206 response, its total null if unknown; null if the header is absent,
 * malformed or contradictory.
 */
export function parseContentRange(
  header: string | null,
): (Omit<ContentRange, "total"> & { readonly total: number | null }) | null {
  const [, first, last, total] = CONTENT_RANGE.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined) return null;
  const range = {
    first: Number(first),
    last: Number(last),
    total: total === undefined || total === "*" ? null : Number(total),
  };
  const isSound =
    range.first <= range.last && range.last < (range.total ?? Number.MAX_SAFE_INTEGER);
  return isSound ? range : null;
}

/** @returns the total size in a 416 response, or null. */
export function parseUnsatisfiedRange(header: string | null): number | null {
  const [, total] = UNSATISFIED_RANGE.exec(header ?? "") ?? [];
  return total === undefined ? null : Number(total);
}

/** @returns the `Content-Range` of a 206. */
export function contentRangeHeader({ first, last, total }: ContentRange): string {
  return `bytes ${first}-${last}/${total}`;
}

/**
 * @returns the part of `total` bytes that the range selects; null if it cannot be satisfied.
 * Not for several ranges: they select the whole.
 */
export function selectRange(
  range: Exclude<RangeRequest, { kind: "several" }>,
  total: number,
): { readonly first: number; readonly last: number } | null {
  const end = total - 1;
  if (range.kind === "suffix") {
    return range.length === 0 || total === 0
      ? null
      : { first: Math.max(0, total - range.length), last: end };
  }
  return range.first > end ? null : { first: range.first, last: Math.min(range.last ?? end, end) };
}

function parseOne(range: string): RangeRequest | null {
  const [, first, last] = FROM.exec(range) ?? [];
  if (first !== undefined) {
    const range = { first: readPosition(first), last: last ? readPosition(last) : null };
    return range.last !== null && range.last < range.first ? null : { kind: "from", ...range };
  }
  const [, length] = SUFFIX.exec(range) ?? [];
  return length === undefined ? null : { kind: "suffix", length: readPosition(length) };
}

function readPosition(digits: string): number {
  return Math.min(Number(digits), MAX_POSITION);
}
