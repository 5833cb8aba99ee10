import type { Mirror } from "../../handler/support.ts";
import type { RequestKind } from "../tables/requests.ts";
import { passTime, type Stall } from "./stall.ts";

/** An answer as a client gets it. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** Whether the body ended as it said, broke off, or neither in time. */
  readonly end: "whole" | "broken" | "open";
  /** How long it took on the clock. */
  readonly seconds: number;
  /** What the mirror asked upstream for it. */
  readonly upstreamRequests: number;
}

/** Longer than anything may take but a body that stays open. */
const MAX_SECONDS = 40;

/** Asks, lets time pass as long as nothing else goes on, and hangs up after a while. */
export async function receive(
  mirror: Mirror,
  stall: Stall,
  { method, path, range }: Pick<RequestKind, "method" | "path" | "range">,
): Promise<Received | null> {
  const before = mirror.hub.requests.length;
  const time = { clock: mirror.clock, stall, maxSeconds: MAX_SECONDS };
  const headers = range === undefined ? {} : { range };
  const answered = await passTime(mirror.send(path, { method, headers }), time);
  if (!answered.isDone) return null;
  const response = answered.value;
  const pieces: Uint8Array[] = [];
  const reader = response.body?.getReader();
  const read = await passTime(readAll(reader, pieces), time);
  if (!read.isDone) await reader?.cancel();
  const bytes = joined(pieces);
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    end: read.isDone ? endOf(method, response, bytes, read.value) : "open",
    seconds: answered.seconds + read.seconds,
    upstreamRequests: mirror.hub.requests.length - before,
  };
}

/** @returns whether the body ended without an error. */
async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  pieces: Uint8Array[],
): Promise<boolean> {
  try {
    for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
      pieces.push(next.value);
    }
    return true;
  } catch {
    return false;
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** A body that is not as long as it said breaks the connection on the wire (test/e2e shows it). */
function endOf(method: string, { headers }: Response, bytes: Uint8Array, isClean: boolean) {
  const length = headers.get("content-length");
  const isWhole = method === "HEAD" || length === null || length === String(bytes.length);
  return isClean && isWhole ? "whole" : "broken";
}
