import type { Mirror } from "../../support/mirror/in-process.ts";
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

type Asked = Pick<RequestKind, "method" | "path" | "range">;

/** Asks, lets time pass as long as nothing else goes on, and hangs up after a while. */
export async function receive(
  mirror: Mirror,
  stall: Stall,
  request: Asked,
): Promise<Received | null> {
  const [received = null] = await receiveAll(mirror, stall, [request]);
  return received;
}

/** As `receive`, for requests that are made at once. @returns null for each without an answer. */
export async function receiveAll(
  mirror: Mirror,
  stall: Stall,
  requests: readonly Asked[],
  maxSeconds = MAX_SECONDS,
): Promise<(Received | null)[]> {
  const { promise: hungUp, resolve: hangUp } = Promise.withResolvers<null>();
  const work = Promise.all(requests.map((request) => take(mirror, request, hungUp)));
  await passTime(work, { clock: mirror.clock, stall, maxSeconds });
  hangUp(null);
  return work;
}

async function take(
  { clock, hub, send }: Mirror,
  { method, path, range }: Asked,
  hungUp: Promise<null>,
): Promise<Received | null> {
  const [startedAt, before] = [clock.now(), hub.requests.length];
  const headers = range === undefined ? {} : { range };
  const response = await Promise.race([send(path, { method, headers }), hungUp]);
  if (response === null) return null;
  const pieces: Uint8Array[] = [];
  const reader = response.body?.getReader();
  const isClean = await Promise.race([readAll(reader, pieces), hungUp]);
  if (isClean === null) void reader?.cancel().catch(() => {});
  const bytes = joined(pieces);
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    end: isClean === null ? "open" : endOf(method, response, bytes, isClean),
    seconds: (clock.now() - startedAt) / 1000,
    upstreamRequests: hub.requests.length - before,
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
