/**
 * A requested range (RFC 9110, section 14.2), with its header for the upstream: from `first` to
 * `last` inclusive, or to the end if that is null; the last `length` bytes; or several ranges.
 */
export type RangeRequest = { readonly header: string } & (
  | { readonly kind: "from"; readonly first: number; readonly last: number | null }
  | { readonly kind: "suffix"; readonly length: number }
  | { readonly kind: "several" }
);

/** The range of a response (RFC 9110, section 14.4): bytes `first` to `last` of `total`. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly total: number;
}

const RANGE = /^(?:(\d+)-(\d+)?|-(\d+))$/;
const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;
const UNSATISFIED_RANGE = /^bytes \*\/(\d+)$/;

/** @returns null if there is no range or it is malformed; both mean the whole content. */
export function parseRange(raw: string | null): RangeRequest | null {
  const [, set = ""] = /^bytes=(.+)$/i.exec(raw?.trim() ?? "") ?? [];
  const ranges = set.split(",").map((range) => range.trim());
  if (!ranges.every((range) => RANGE.test(range))) return null;
  const header = `bytes=${ranges.join(",")}`;
  if (ranges.length > 1) return { kind: "several", header };
  const [, first, last, length] = RANGE.exec(ranges[0] ?? "") ?? [];
  if (first === undefined) return { kind: "suffix", length: Number(length), header };
  const range = { first: Number(first), last: last === undefined ? null : Number(last), header };
  return range.last !== null && range.last < range.first ? null : { kind: "from", ...range };
}

/**
 * @returns the range of a 206 response, its total null if unknown; null if it is absent, malformed or
 * contradictory.
 */
export function parseContentRange(
  header: string | null,
): (Omit<ContentRange, "total"> & { readonly total: number | null }) | null {
  const positions = CONTENT_RANGE.exec(header ?? "")?.slice(1) ?? [];
  const [first = 0, last = -1, total = 0] = positions.map(Number);
  return first <= last && !(total <= last) ? { first, last, total: total || null } : null;
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
