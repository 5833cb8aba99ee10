import type { Readable } from "node:stream";
import { withDeadline } from "./deadline.ts";
import { type Ask, type Reply, Unanswered } from "./reply.ts";

/** An answer whose body is still to come. */
export interface Opened {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readable;
}

/** Sends a request. Ends it when the signal says so. */
export type Open = (ask: Ask, signal: AbortSignal) => Promise<Opened>;

export interface Bounds {
  readonly firstByteMs: number;
  /** For the body, after the first byte. */
  readonly bodyMs: number;
}

/** @throws Unanswered if the answer does not come whole and in time. */
export async function exchange(open: Open, ask: Ask, bounds: Bounds): Promise<Reply> {
  const start = performance.now();
  const abort = new AbortController();
  try {
    const opened = await failingAs(
      "request",
      withDeadline(open(ask, abort.signal), bounds.firstByteMs),
    );
    const firstByteMs = performance.now() - start;
    const read = await failingAs(
      "body",
      withDeadline(collect(opened.body, ask.maxBytes), bounds.bodyMs),
    );
    const { status, headers } = opened;
    const { method, url } = ask;
    const totalMs = performance.now() - start;
    return { method, url, status, headers, ...read, firstByteMs, totalMs };
  } catch (error) {
    abort.abort();
    throw error;
  }
}

async function failingAs<T>(stage: "request" | "body", work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw cause instanceof Unanswered ? cause : new Unanswered(stage, cause);
  }
}

async function collect(
  body: Readable,
  maxBytes: number,
): Promise<{ bytes: Uint8Array; isWhole: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > maxBytes)
      return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), isWhole: false };
  }
  return { bytes: Buffer.concat(chunks), isWhole: true };
}
