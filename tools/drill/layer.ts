import { createHash } from "node:crypto";
import { CorruptContent, UnexpectedReply } from "../doctor/check.ts";
import type { Reply } from "../doctor/http/client.ts";
import { shortDigest } from "../doctor/samples.ts";
import { isHit, type RequestOptions, type Session } from "../doctor/session.ts";

/** A descriptor of a config or a layer (OCI image-spec, descriptor.md). */
export interface Blob {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** A response about a blob. */
export interface Exchange {
  readonly bytes: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
  readonly isHit: boolean;
}

/** A response to a range request. */
export interface RangeExchange extends Exchange {
  /** How it differs from what was requested; null if it does not. */
  readonly problem: string | null;
}

export type Blobs = ReturnType<typeof createBlobs>;

/** A client breaks off after this many bytes, or after an eighth of a smaller layer. */
const BREAK_OFF_BYTES = 8 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;

/** The blobs of an image. Every promise may reject with ConnectionError or UnexpectedReply. */
export function createBlobs({ image, request }: Session) {
  async function send(blob: Blob, options: RequestOptions): Promise<Reply> {
    const all = { maxBytes: Number.POSITIVE_INFINITY, ...options };
    const reply = await request(`/v2/${image.name}/blobs/${blob.digest}`, all);
    if ([200, 206].includes(reply.status)) return reply;
    throw new UnexpectedReply(reply);
  }

  /** HEAD. @returns the Content-Length, or `missing`. */
  async function head(blob: Blob): Promise<Exchange & { readonly length: string }> {
    const reply = await send(blob, { method: "HEAD" });
    return { ...exchangeOf(reply), length: reply.headers.get("content-length") ?? "missing" };
  }

  /** The whole blob. @throws CorruptContent unless it is right, byte for byte, and not compressed. */
  async function whole(blob: Blob): Promise<Exchange> {
    const hash = createHash("sha256");
    const reply = await send(blob, { onPiece: (piece) => void hash.update(piece) });
    verify(reply, blob.size, hash.digest("hex"), blob);
    return exchangeOf(reply);
  }

  /** Whether it is stored: a single byte starts no download by the mirror. */
  async function isKept(blob: Blob): Promise<boolean> {
    return isHit((await send(blob, { headers: { range: "bytes=0-0" }, maxBytes: 1 })).headers);
  }

  /** Some bytes in the middle. */
  async function piece(blob: Blob): Promise<RangeExchange> {
    const start = Math.floor(blob.size / 2);
    const end = Math.min(start + PIECE_BYTES, blob.size) - 1;
    const headers = { range: `bytes=${start}-${end}` };
    const reply = await send(blob, { headers, maxBytes: end - start + 1 });
    return { ...exchangeOf(reply), problem: rangeProblem(reply, start, end, blob.size) };
  }

  /**
   * Breaks off and requests the rest, as clients do after a broken connection. If ranges are ignored,
   * that is the whole again.
   *
   * @throws CorruptContent unless what arrived is right, byte for byte, and not compressed.
   */
  async function resumed(blob: Blob): Promise<RangeExchange> {
    const start = Math.min(BREAK_OFF_BYTES, Math.floor(blob.size / 8));
    const joined = createHash("sha256");
    const again = createHash("sha256");
    const first = await send(blob, {
      maxBytes: start,
      onPiece: (piece) => void joined.update(piece),
    });
    const rest = await send(blob, {
      headers: { range: `bytes=${start}-` },
      onPiece: (piece, status) => void (status === 206 ? joined : again).update(piece),
    });
    if (rest.status === 200) verify(rest, blob.size, again.digest("hex"), blob);
    else verify(rest, blob.size - start, joined.digest("hex"), blob);
    return {
      bytes: first.received + rest.received,
      firstByteMs: first.firstByteMs,
      totalMs: first.totalMs + rest.totalMs,
      isHit: isHit(rest.headers),
      problem: rangeProblem(rest, start, blob.size - 1, blob.size),
    };
  }

  return { head, whole, isKept, piece, resumed };
}

function exchangeOf({ received, firstByteMs, totalMs, headers }: Reply): Exchange {
  return { bytes: received, firstByteMs, totalMs, isHit: isHit(headers) };
}

/** @throws CorruptContent unless the body has this length, and all that was read the digest. */
function verify({ headers, received }: Reply, length: number, hex: string, blob: Blob): void {
  const subject = `blob ${shortDigest(blob.digest)}`;
  const coding = headers.get("content-encoding");
  if (coding !== null) throw new CorruptContent(`${subject} arrives compressed (${coding})`);
  if (received !== length) {
    throw new CorruptContent(`${subject} has ${received} bytes instead of ${length}`);
  }
  const announced = headers.get("content-length");
  if (announced !== String(length)) {
    const found = announced ?? "missing";
    throw new CorruptContent(`Content-Length of ${subject} is ${found} for ${length} bytes`);
  }
  if (`sha256:${hex}` !== blob.digest) {
    throw new CorruptContent(`${subject} arrives as ${shortDigest(`sha256:${hex}`)}`);
  }
}

function rangeProblem(reply: Reply, start: number, end: number, size: number): string | null {
  if (reply.status !== 206) return `${reply.status} for bytes ${start} to ${end}, not 206`;
  const expected = `bytes ${start}-${end}/${size}`;
  const actual = reply.headers.get("content-range") ?? "missing";
  if (actual !== expected) return `Content-Range is ${actual}, not ${expected}`;
  const length = reply.headers.get("content-length") ?? "missing";
  return length === `${end - start + 1}` ? null : `Content-Length of ${expected} is ${length}`;
}
