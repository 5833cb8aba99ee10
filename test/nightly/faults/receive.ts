import type { Clock } from "../../support/mirror/clock.ts";
import type { Mirror } from "../../support/mirror/in-process.ts";
import type { RequestKind } from "./requests.ts";

/** Knows when nothing goes on but the passing of time. */
export interface Stall {
  /** Something waits for time to pass. @returns a function to call when it no longer waits. */
  begin(): () => void;
  isWaiting(): boolean;
  /** Resolves as soon as something waits. */
  whenBegun(): Promise<void>;
}

export function createStall(): Stall {
  let count = 0;
  let begun = Promise.withResolvers<void>();
  return {
    begin() {
      count += 1;
      begun.resolve();
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        count -= 1;
        if (count === 0) begun = Promise.withResolvers<void>();
      };
    },
    isWaiting: () => count > 0,
    whenBegun: () => begun.promise,
  };
}

/**
 * Lets time pass, from timer to timer and only while everything waits for it, until the work is
 * done.
 *
 * @returns the value, or null if no timer within the limit ends the work.
 */
export async function passTime<T>(
  work: Promise<T>,
  { clock, stall, maxSeconds }: { clock: Clock; stall: Stall; maxSeconds: number },
): Promise<{ readonly value: T } | null> {
  const done = work.then((value) => ({ value }));
  const startedAt = clock.now();
  for (;;) {
    const result = await Promise.race([done, stall.whenBegun().then(runEverything)]);
    if (result) return result;
    if (!stall.isWaiting()) continue;
    const next = clock.untilNext();
    const seconds = (clock.now() - startedAt) / 1000;
    if (next === null || seconds + next > maxSeconds) return null;
    clock.advance(next);
  }
}

/** Lets so much time pass, from timer to timer, so that what waits for one ends when it is due. */
export async function pass(clock: Clock, seconds: number): Promise<void> {
  const end = clock.now() + seconds * 1000;
  for (await runEverything(); clock.now() < end; await runEverything()) {
    clock.advance(Math.min(clock.untilNext() ?? seconds, (end - clock.now()) / 1000));
  }
}

/** Lets everything run that does not wait for time to pass. */
function runEverything(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** An answer as a client gets it. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** Whether the body ended as announced, broke, or neither in time. */
  readonly end: "whole" | "broken" | "open";
  /** How long it took on the clock. */
  readonly seconds: number;
  /** Upstream requests in the meantime. */
  readonly upstreamRequests: number;
}

/** More than anything may take except a body that stays open. */
const MAX_SECONDS = 40;

export type ClientRequest = Pick<RequestKind, "method" | "path" | "range"> & {
  readonly headers?: Readonly<Record<string, string>>;
};

/**
 * Sends requests at once, lets time pass while nothing else goes on, and hangs up after a while.
 *
 * @returns null for each without an answer.
 */
export async function receiveAll(
  mirror: Mirror,
  stall: Stall,
  requests: readonly ClientRequest[],
  maxSeconds = MAX_SECONDS,
): Promise<(Received | null)[]> {
  const { promise: hungUp, resolve: hangUp } = Promise.withResolvers<null>();
  const work = Promise.all(requests.map((request) => receiveUntil(hungUp, mirror, request)));
  await passTime(work, { clock: mirror.clock, stall, maxSeconds });
  hangUp(null);
  return work;
}

async function receiveUntil(
  hungUp: Promise<null>,
  { clock, hub, send }: Mirror,
  { method, path, range, headers = range === undefined ? {} : { range } }: ClientRequest,
): Promise<Received | null> {
  const [startedAt, before] = [clock.now(), hub.requests.length];
  const response = await Promise.race([send(path, { method, headers }), hungUp]);
  if (response === null) return null;
  const pieces: Uint8Array[] = [];
  const reader = response.body?.getReader();
  const isClean = await Promise.race([readAll(reader, pieces), hungUp]);
  if (isClean === null) void reader?.cancel().catch(() => {});
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  const length = response.headers.get("content-length");
  // A body shorter than announced breaks the connection on the wire (test/e2e shows it).
  const isWhole = method === "HEAD" || length === null || length === String(bytes.length);
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    end: isClean === null ? "open" : isClean && isWhole ? "whole" : "broken",
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
