import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../mirror/clock.ts";
import type { StoreContext } from "./stores.ts";

/*
 * Invocations of a Worker, with their limits and their end. Sources: CFD is
 * cloudflare/cloudflare-docs, WD is cloudflare/workerd.
 */

/** After the end of an invocation (WD io/io-context.c++, limitDrain: "typically 30 seconds"). */
const DRAIN_MS = 30_000;
/** Of the free plan; Cache API operations count (CFD:workers/platform/limits). */
const MAX_EXTERNAL = 50;
/** KV and R2, on the free plan (CFD changelog 2026-02-11). */
const MAX_INTERNAL = 1_000;
/** As the platform reports them (WD io/limit-enforcer.h, newSubrequest). */
const TOO_MANY = {
  external: "Too many subrequests by single Worker invocation.",
  internal: "Too many API requests by single Worker invocation.",
};
const CHUNK_BYTES = 4 * 1024 * 1024;

/** The subrequests of an invocation. */
export interface Subrequests {
  external: number;
  internal: number;
}

export interface Invocation {
  readonly subrequests: Subrequests;
  readonly stops: Set<() => void>;
  /** The promises of `waitUntil` that have not settled. */
  background: number;
  hasEnded: boolean;
  /** Its promises do not settle any more. */
  isCut: boolean;
  cut: () => void;
}

/** A body of the platform that moves without JavaScript: of a fetch, R2 or the Cache API. */
interface SystemBody {
  /** It goes on after the end of its invocation. */
  isDetached: boolean;
}

interface BodyOptions {
  readonly cancel?: () => void;
  readonly bytesPerSecond?: number | undefined;
}

export interface Invocations {
  readonly context: StoreContext;
  /** @param gone rejects when the isolate disappears. */
  create(gone: Promise<never>): Invocation;
  /** Runs code as a part of the invocation. */
  enter<T>(invocation: Invocation, code: () => T): T;
  /** The invocation that is running. */
  current(): Invocation;
  /** Counts a subrequest. @throws Error over the limit. */
  count(invocation: Invocation, kind: keyof Subrequests): void;
  within<T>(invocation: Invocation, work: () => Promise<T>): Promise<T>;
  startTimer(ms: number, fire: () => void): () => void;
  waitUntil(work: Promise<unknown>): void;
  /** The invocation is over; its background work has 30 seconds. */
  end(invocation: Invocation): void;
  /** A body of the platform. @param pull gives the next piece; null at the end. */
  createBody(
    invocation: Invocation,
    pull: () => Promise<Uint8Array | null>,
    options?: BodyOptions,
  ): ReadableStream<Uint8Array>;
  /** Lets a body go on without its invocation. @returns false for a body that is not the platform's. */
  detach(body: ReadableStream<Uint8Array>): boolean;
}

/** @param usualBytesPerSecond of a body. */
export function createInvocations(clock: Clock, usualBytesPerSecond: number): Invocations {
  const running = new AsyncLocalStorage<Invocation>();
  const systemBodies = new WeakMap<ReadableStream, SystemBody>();

  function current(): Invocation {
    const invocation = running.getStore();
    if (invocation === undefined)
      throw new Error("Disallowed operation called within global scope.");
    return invocation;
  }
  const sleep = (ms: number) =>
    ms <= 0
      ? Promise.resolve()
      : new Promise<void>((resolve) => void clock.startTimer(ms, resolve));

  /** A cut invocation sees no result any more (WD io-context.c++: its tasks are cancelled). */
  function within<T>(invocation: Invocation, work: () => Promise<T>): Promise<T> {
    if (invocation.isCut) return new Promise(() => {});
    return new Promise((resolve, reject) => {
      work().then(
        (value) => invocation.isCut || resolve(value),
        (error) => invocation.isCut || reject(error),
      );
    });
  }
  function count(invocation: Invocation, kind: keyof Subrequests): void {
    const limit = kind === "external" ? MAX_EXTERNAL : MAX_INTERNAL;
    if (invocation.subrequests[kind] >= limit) throw new Error(TOO_MANY[kind]);
    invocation.subrequests[kind] += 1;
  }

  /** @param pull gives the next piece; null at the end. */
  function createBody(
    invocation: Invocation,
    pull: () => Promise<Uint8Array | null>,
    { cancel = () => {}, bytesPerSecond = usualBytesPerSecond }: BodyOptions = {},
  ): ReadableStream<Uint8Array> {
    const state: SystemBody = { isDetached: false };
    const stream = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          try {
            const piece = await pull();
            await sleep(((piece?.byteLength ?? 0) * 1000) / bytesPerSecond);
            // Without its invocation, nothing moves the bytes any more.
            if (invocation.isCut && !state.isDetached) await new Promise(() => {});
            if (piece === null) controller.close();
            else controller.enqueue(piece);
          } catch (error) {
            controller.error(error);
          }
        },
        cancel,
      },
      { highWaterMark: 0 },
    );
    const mark = (body: ReadableStream<Uint8Array>) => {
      systemBodies.set(body, state);
      const tee = body.tee.bind(body);
      body.tee = () => {
        const branches = tee();
        for (const branch of branches) mark(branch);
        return branches;
      };
    };
    mark(stream);
    return stream;
  }
  const open: StoreContext["open"] = (content, first, length, bytesPerSecond) => {
    let position = first;
    const zeros = new Uint8Array(content.bytes === null ? CHUNK_BYTES : 0);
    const pull = async () => {
      const left = first + length - position;
      if (left === 0) return null;
      const size = Math.min(left, CHUNK_BYTES);
      position += size;
      return content.bytes?.slice(position - size, position) ?? zeros.subarray(0, size);
    };
    return createBody(current(), pull, { bytesPerSecond });
  };
  const context: StoreContext = {
    ...{ now: clock.now, sleep, open },
    async run(kind, work) {
      const invocation = current();
      if (!invocation.isCut) count(invocation, kind);
      return within(invocation, work);
    },
  };
  function create(gone: Promise<never>): Invocation {
    const invocation: Invocation = {
      subrequests: { external: 0, internal: 0 },
      ...{ stops: new Set(), background: 0, hasEnded: false, isCut: false },
      cut() {
        invocation.isCut = true;
        for (const stop of invocation.stops) stop();
        invocation.stops.clear();
      },
    };
    gone.catch(invocation.cut);
    return invocation;
  }
  function finish(invocation: Invocation): void {
    if (invocation.hasEnded && invocation.background === 0) invocation.cut();
  }
  /** The invocation is over; its background work has 30 seconds. */
  function end(invocation: Invocation): void {
    if (invocation.hasEnded) return;
    invocation.hasEnded = true;
    finish(invocation);
    if (invocation.isCut) return;
    invocation.stops.add(clock.startTimer(DRAIN_MS, invocation.cut));
  }

  return {
    ...{ context, create, current, count, within, end, createBody },
    enter: (invocation, code) => running.run(invocation, code),
    startTimer(ms, fire) {
      const invocation = current();
      if (invocation.isCut) return () => {};
      const stop = clock.startTimer(ms, () => {
        invocation.stops.delete(stop);
        running.run(invocation, fire);
      });
      invocation.stops.add(stop);
      return () => {
        invocation.stops.delete(stop);
        stop();
      };
    },
    waitUntil(work) {
      const invocation = current();
      invocation.background += 1;
      const settle = () => {
        invocation.background -= 1;
        finish(invocation);
      };
      work.then(settle, settle);
    },
    detach(body) {
      const state = systemBodies.get(body);
      if (state !== undefined) state.isDetached = true;
      return state !== undefined;
    },
  };
}
