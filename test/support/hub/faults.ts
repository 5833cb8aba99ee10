import type { Quota } from "./quota.ts";
import { tooMany } from "./registry.ts";
import { type HubFilter, type HubRequest, matches } from "./request-log.ts";

/** A failure of the network instead of a response. */
export type Fault = "reset" | "hang";

type Answer = Response | Fault | undefined;

/** Called before the stand-in answers. `next` is its answer; undefined leaves it at that. */
export type Interceptor = (
  request: HubRequest,
  next: () => Promise<Response>,
) => Answer | Promise<Answer>;

/**
 * - `serving`: no failures.
 * - `exhausted`: no pulls are left, so a manifest GET is refused; HEAD, tokens and blobs work.
 * - `limited`: the abuse limiter refuses everything at the registry and the token service.
 * - `gone`: every connection breaks.
 */
export type Mode = "serving" | "exhausted" | "limited" | "gone";

/** The failures of the stand-in. */
export interface Faults {
  become(mode: Mode): void;
  intercept(interceptor: Interceptor | null): void;
  /** The response to a request whose normal response is `next`. Rejects as a network does. */
  answer(
    request: HubRequest,
    signal: AbortSignal,
    next: () => Promise<Response>,
  ): Promise<Response>;
}

export function createFaults(quota: Quota): Faults {
  let mode: Mode = "serving";
  let interceptor: Interceptor | null = null;
  return {
    become: (next) => {
      mode = next;
    },
    intercept: (next) => {
      interceptor = next;
    },
    async answer(request, signal, next) {
      const failure = failureOf(mode, request, quota) ?? (await interceptor?.(request, next));
      return typeof failure === "string" ? fail(failure, signal) : (failure ?? next());
    },
  };
}

function failureOf(mode: Mode, request: HubRequest, quota: Quota): Response | Fault | null {
  const isManifest = request.host === "registry" && request.path.includes("/manifests/");
  if (mode === "gone") return "reset";
  if (mode === "exhausted" && isManifest && request.method === "GET") return tooMany(null, quota);
  if (mode !== "limited" || request.host === "storage") return null;
  const headers = { "content-type": "text/plain; charset=utf-8" };
  return new Response("429 Too Many Requests\n", { status: 429, headers });
}

/** Fails a fetch as the network does: at once, or when the caller gives up. */
function fail(fault: Fault, signal: AbortSignal): Promise<never> {
  if (fault === "reset") return Promise.reject(connectionLost());
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
  });
}

function connectionLost(): TypeError {
  return new TypeError("Network connection lost.");
}

/** Answers the matching requests; `next` is the stand-in's own answer. */
export function when(
  filter: HubFilter,
  answer: (next: () => Promise<Response>) => Answer | Promise<Answer>,
): Interceptor {
  return (request, next) => (matches(filter, request) ? answer(next) : undefined);
}

/** As `when`, for the first `count` matching requests. */
export function once(
  filter: HubFilter,
  answer: Parameters<typeof when>[1],
  count = 1,
): Interceptor {
  let seen = 0;
  return when(filter, (next) => {
    seen += 1;
    return seen > count ? undefined : answer(next);
  });
}

/** As `when`, for all matching requests but the first. */
export function afterFirst(filter: HubFilter, answer: Parameters<typeof when>[1]): Interceptor {
  let seen = 0;
  return when(filter, (next) => {
    seen += 1;
    return seen > 1 ? answer(next) : undefined;
  });
}

/** The first of these that answers. */
export function either(...interceptors: readonly Interceptor[]): Interceptor {
  return async (request, next) => {
    for (const interceptor of interceptors) {
      const answer = await interceptor(request, next);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
}

/** The same response, whose body ends after `bytes` although its length promises all. */
export function truncate(response: Response, bytes: number): Response {
  return cut(response, bytes, (controller) => controller.terminate());
}

/** The same response, whose connection breaks after `bytes`. */
export function breakAfter(response: Response, bytes: number): Response {
  return cut(response, bytes, (controller) => controller.error(connectionLost()));
}

function cut(
  response: Response,
  bytes: number,
  end: (controller: TransformStreamDefaultController<Uint8Array>) => void,
): Response {
  let left = bytes;
  return transform(response, (chunk, controller) => {
    controller.enqueue(chunk.subarray(0, left));
    left -= Math.min(left, chunk.length);
    if (left === 0) end(controller);
  });
}

/** The same response, whose body stops after `bytes` until `breakOff` breaks the connection. */
export function stuckAfter(response: Response, bytes: number) {
  const broken = Promise.withResolvers<never>();
  return {
    response: transform(response, async (chunk, controller) => {
      controller.enqueue(chunk.subarray(0, bytes));
      await broken.promise;
    }),
    breakOff: () => broken.reject(connectionLost()),
  };
}

function transform(
  { status, headers, body }: Response,
  change: (
    chunk: Uint8Array,
    controller: TransformStreamDefaultController<Uint8Array>,
  ) => void | Promise<void>,
): Response {
  const stream = new TransformStream<Uint8Array, Uint8Array>({ transform: change });
  return new Response(body?.pipeThrough(stream) ?? null, { status, headers });
}

/** Small enough for a slow reader to hold the writer back. */
const PIECE_BYTES = 64 * 1024;

/** Holds bodies back in the middle, so that a test can break things there. */
export interface Gate {
  /** The same response, whose body stops at half of its length until the gate is opened. */
  through(response: Response): Promise<Response>;
  /** Resolves once `count` bodies have reached their middle. */
  reached(count: number): Promise<void>;
  /** Lets all bodies go on, and holds none back from now on. */
  open(): void;
}

/** A closed gate. */
export function createGate(): Gate {
  const opened = Promise.withResolvers<void>();
  let waiting = 0;
  let wake = () => {};
  return {
    async through(response) {
      const bytes = new Uint8Array(await response.arrayBuffer());
      const half = Math.floor(bytes.length / 2);
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (sent === half) {
            waiting += 1;
            wake();
            await opened.promise;
          }
          const end = Math.min(sent + PIECE_BYTES, sent < half ? half : bytes.length);
          controller.enqueue(bytes.subarray(sent, end));
          sent = end;
          if (sent === bytes.length) controller.close();
        },
      });
      const { status, headers } = response;
      return new Response(body, { status, headers });
    },
    reached: (count) =>
      new Promise((resolve) => {
        wake = () => {
          if (waiting >= count) resolve();
        };
        wake();
      }),
    open: () => opened.resolve(),
  };
}

/** Counts the bytes of a body that are really read. */
export interface Meter {
  /** The same response, whose body is sent in pieces and counted. */
  through(response: Response): Promise<Response>;
  sent(): number;
  /** Resolves when the reader gives up before the end. */
  readonly cancelled: Promise<void>;
}

/** A meter for one response. */
export function createMeter(): Meter {
  const cancelled = Promise.withResolvers<void>();
  let sent = 0;
  return {
    async through(response) {
      const bytes = new Uint8Array(await response.arrayBuffer());
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          const piece = bytes.subarray(sent, sent + PIECE_BYTES);
          sent += piece.length;
          if (piece.length === 0) controller.close();
          else controller.enqueue(piece);
        },
        cancel: () => cancelled.resolve(),
      });
      const { status, headers } = response;
      return new Response(body, { status, headers });
    },
    sent: () => sent,
    cancelled: cancelled.promise,
  };
}
