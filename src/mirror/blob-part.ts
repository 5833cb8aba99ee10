import { RegistryError } from "../protocol/errors.ts";
import { contentRangeHeader, type RangeRequest, selectRange } from "../protocol/range.ts";

/** The part of a blob that answers a range. */
export interface BlobPart {
  readonly status: 200 | 206;
  /** Its first byte. */
  readonly first: number;
  /** Bytes. */
  readonly length: number;
  /** `Content-Range`, or null for the whole. */
  readonly range: string | null;
}

/**
 * Applies a range to a blob at hand (RFC 9110, section 14.2). Several ranges are answered with the
 * whole, as a server may.
 *
 * @param total bytes of the blob.
 * @throws RegistryError RANGE_INVALID 416.
 */
export function partOf(total: number, range: RangeRequest | null): BlobPart {
  if (range === null || range.kind === "several") {
    return { status: 200, first: 0, length: total, range: null };
  }
  const selected = selectRange(range, total);
  if (selected === null) throw unsatisfiable(total);
  const { first, last } = selected;
  const header = contentRangeHeader({ first, last, total });
  return { status: 206, first, length: last - first + 1, range: header };
}

function unsatisfiable(total: number): RegistryError {
  return new RegistryError("RANGE_INVALID", `the blob has ${total} bytes, none in that range`, {
    headers: { "content-range": `bytes */${total}` },
  });
}
