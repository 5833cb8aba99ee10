import { RegistryError } from "../protocol/errors.ts";
import {
  type ContentRange,
  parseContentRange,
  parseRange,
  parseUnsatisfiedRange,
} from "../protocol/range.ts";
import { imageLabel } from "../protocol/reference.ts";
import type { Reply } from "./ask.ts";
import { askForBlob, type BlobQuestion } from "./ask-blob.ts";
import { discard, rawLength } from "./body.ts";
import { failureOf } from "./failure.ts";
import type { Upstream } from "./upstream.ts";

/** An answer with (part of) a blob, its body unread. */
export interface BlobReply {
  readonly status: 200 | 206;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Bytes of the body; null if not told. */
  readonly length: number | null;
  /** Whether the answer itself told it: then a body that comes short breaks. */
  readonly isPromised: boolean;
  /** What part it is; null for a whole blob and for several ranges. */
  readonly range: ContentRange | null;
  /** The `Content-Type` of several ranges, else null. */
  readonly multipartType: string | null;
}

/**
 * @param range a `Range` header, or null for the whole.
 * @throws RegistryError BLOB_UNKNOWN; RANGE_INVALID 416 for a range that cannot be satisfied, 400
 * for several where the storage has one at a time; and whatever `failureOf` and `ask` have.
 */
export async function getBlob(
  upstream: Upstream,
  question: BlobQuestion,
  range: string | null,
): Promise<BlobReply> {
  const reply = await askForBlob(upstream, question, "GET", range);
  const { status, headers, body } = reply.response;
  const told = rawLength(headers);
  const whole = { body, length: told, isPromised: true, range: null, multipartType: null };
  if (status === 200 && told === null) {
    return { ...whole, status, ...(await findLength(upstream, question)) };
  }
  if (status === 200) return { ...whole, status };
  if (range === null) throw await failureOf(upstream, reply, subjectOf(question));
  if (status === 206) {
    return { ...whole, status, ...(await readPart(upstream, question, reply, range)) };
  }
  const isSeveral = range.includes(",");
  if (status === 416 || (status === 400 && isSeveral)) {
    throw await refusedRange(upstream, question, reply);
  }
  throw await failureOf(upstream, reply, subjectOf(question));
}

/**
 * The size of a blob, by HEAD; where that is refused or does not tell, by a GET of one byte.
 *
 * @returns bytes.
 * @throws RegistryError BLOB_UNKNOWN and whatever else `failureOf` and `ask` have.
 */
export async function getBlobSize(upstream: Upstream, question: BlobQuestion): Promise<number> {
  const reply = await askForBlob(upstream, question, "HEAD", null);
  const { status, headers } = reply.response;
  if (status === 404 || status === 429 || (status >= 500 && status !== 501)) {
    throw await failureOf(upstream, reply, subjectOf(question));
  }
  discard(reply.response);
  return (status === 200 ? rawLength(headers) : null) ?? getSizeByRange(upstream, question);
}

async function getSizeByRange(upstream: Upstream, question: BlobQuestion): Promise<number> {
  const reply = await askForBlob(upstream, question, "GET", "bytes=0-0");
  const { status, headers } = reply.response;
  const range = headers.get("content-range");
  const size = {
    200: rawLength(headers),
    206: parseContentRange(range)?.total,
    416: parseUnsatisfiedRange(range) ?? 0,
  }[status];
  if (size === undefined) throw await failureOf(upstream, reply, subjectOf(question));
  discard(reply.response);
  if (size !== null) return size;
  throw unreadable(question, "the upstream does not tell the size of this blob");
}

/** @returns the length of an answer that does not tell it: clients rely on it. */
async function findLength(upstream: Upstream, question: BlobQuestion) {
  const length = await getBlobSize(upstream, question).catch(() => null);
  return { length, isPromised: false };
}

/** What part a 206 is: one range with its length and total, which clients rely on, or several. */
async function readPart(upstream: Upstream, question: BlobQuestion, reply: Reply, asked: string) {
  const { headers } = reply.response;
  const contentType = headers.get("content-type") ?? "";
  if (/^multipart\/byteranges\b/i.test(contentType)) return { multipartType: contentType };
  const range = parseContentRange(headers.get("content-range"));
  const told = rawLength(headers);
  if (range === null || ![null, lengthOf(range)].includes(told) || !isPartOf(range, asked)) {
    discard(reply.response);
    throw unreadable(question, "the upstream sent another part, or does not tell which");
  }
  const total =
    range.total ??
    (await getBlobSize(upstream, question).catch((error: unknown) => {
      discard(reply.response);
      throw error;
    }));
  return { range: { ...range, total }, length: lengthOf(range), isPromised: told !== null };
}

/** A storage may send less than was asked for, but not from elsewhere. */
function isPartOf({ first, last }: Pick<ContentRange, "first" | "last">, asked: string): boolean {
  const range = parseRange(asked);
  if (range?.kind !== "from") return true;
  return first === range.first && last <= (range.last ?? last);
}

function lengthOf({ first, last }: Pick<ContentRange, "first" | "last">): number {
  return last - first + 1;
}

async function refusedRange(
  upstream: Upstream,
  question: BlobQuestion,
  reply: Reply,
): Promise<RegistryError> {
  const { status, headers } = reply.response;
  discard(reply.response);
  const message = `${subjectOf(question).label}: the range cannot be satisfied`;
  if (status !== 416) return new RegistryError("RANGE_INVALID", message, { status });
  const told = parseUnsatisfiedRange(headers.get("content-range"));
  const total = told ?? (await getBlobSize(upstream, question));
  return new RegistryError("RANGE_INVALID", message, {
    headers: { "content-range": `bytes */${total}` },
  });
}

function unreadable(question: BlobQuestion, what: string): RegistryError {
  return new RegistryError("UNAVAILABLE", `${subjectOf(question).label}: ${what}; try again`);
}

function subjectOf({ name, digest }: BlobQuestion) {
  const label = imageLabel(name, { kind: "digest", digest });
  return { label, unknown: "BLOB_UNKNOWN" } as const;
}
