import { bodyResponse, withHeaders } from "../../support/hub/responses.ts";
import type { HubRequest, Interceptor, Fault as NetworkFault } from "../../support/hub.ts";
import type { Clock } from "../../support/mirror/clock.ts";
import { type Case, callOf, type Fault, strikes } from "./faults.ts";
import type { Stall } from "./receive.ts";

/** Makes a fault happen at a place. */
export interface Spoiler {
  readonly interceptor: Interceptor;
  /** The network, which notices when the mirror gives up on a silent call. */
  through(network: typeof fetch): typeof fetch;
  /** How many calls were struck. */
  struck(): number;
  /** Ends the fault; connections that hang break. */
  end(): void;
}

/** The text of a network error, with a secret that must not be repeated. */
const ERROR = "lost https://production.cloudfront.docker.com/data?Signature=secret&Key-Pair-Id=1";

/** What bodies need to wait on the mirror's clock. */
interface Timing {
  readonly clock: Clock;
  readonly stall: Stall;
  /** Called when the fault ends. */
  readonly endings: (() => void)[];
}

export function createSpoiler(
  { place, fault }: Case,
  time: { readonly clock: Clock; readonly stall: Stall },
): Spoiler {
  let count = 0;
  let isEnded = false;
  const silences: (() => void)[] = [];
  const endings: (() => void)[] = [];

  async function spoil(
    { method, host }: HubRequest,
    isFirst: boolean,
    next: () => Promise<Response>,
  ): Promise<Response | NetworkFault | undefined> {
    switch (fault.kind) {
      case "unreachable":
        throw new TypeError(ERROR);
      case "unreachable once":
        return isFirst ? "reset" : undefined;
      case "expired once":
        return isFirst ? responseOf(fault, method) : undefined;
      case "truncated once":
        return isFirst ? spoilBody("truncated", await next(), { ...time, endings }) : undefined;
      case "silent":
        silences.push(time.stall.begin());
        return "hang";
      case "cut":
      case "stuck":
      case "slow":
      case "truncated":
      case "length too large":
      case "length too small":
      case "changed":
        return spoilBody(fault.kind, await next(), { ...time, endings });
      case "limited":
      case "page":
      case "redirect error":
      case "status":
      case "failing":
        return responseOf(fault, method);
      case "mislabelled":
        return withHeaders(await next(), { "content-type": "text/plain" });
      case "encoded": {
        // The runtime decodes a body, and leaves the length of the encoded one. Blobs alone are
        // requested as they are stored.
        const length = host === "storage" ? {} : { "content-length": "20" };
        return withHeaders(await next(), { "content-encoding": "gzip", ...length });
      }
    }
  }

  return {
    through: (network) => (input, init) =>
      network(input as string, init).catch((error) => {
        silences.shift()?.();
        throw error;
      }),
    interceptor: async (request, next) => {
      if (isEnded || !strikes(place, callOf(request))) return undefined;
      count += 1;
      return spoil(request, count === 1, next);
    },
    struck: () => count,
    end() {
      isEnded = true;
      for (const end of endings.splice(0)) end();
    },
  };
}

/** The fault's own response; 304 can have no body. */
function responseOf({ body = "", headers = {}, status = 200 }: Fault, method: string): Response {
  if (status === 304) return new Response(null, { status, headers });
  return bodyResponse(method, status, body, headers);
}

type BodyFault =
  | "cut"
  | "stuck"
  | "slow"
  | "truncated"
  | "length too large"
  | "length too small"
  | "changed";

const PIECES = 20;
const PIECE_MS = 1000;

/** @returns the response with a body that is not as it should be; a HEAD's has only its length. */
async function spoilBody(fault: BodyFault, response: Response, timing: Timing): Promise<Response> {
  const { status, headers: sent } = response;
  const headers = new Headers(sent);
  const whole = new Uint8Array(await response.arrayBuffer());
  const length = Number(headers.get("content-length") ?? whole.length);
  if (fault === "length too large") headers.set("content-length", String(length + 1));
  if (fault === "length too small") headers.set("content-length", String(length - 1));
  const body = whole.length === 0 ? null : spoiledBytes(fault, whole, timing);
  return new Response(body, { status, headers });
}

function spoiledBytes(
  fault: BodyFault,
  whole: Uint8Array<ArrayBuffer>,
  { clock, stall, endings }: Timing,
): BodyInit {
  const half = whole.subarray(0, whole.length >> 1);
  switch (fault) {
    case "length too large":
      return whole;
    case "length too small":
      return whole.slice(0, -1);
    case "changed":
      return whole.with(0, (whole[0] ?? 0) ^ 1) as Uint8Array<ArrayBuffer>;
    case "cut":
      return streamOf(half, async (controller) => controller.error(lost()));
    case "truncated":
      return streamOf(half, async (controller) => controller.close());
    case "stuck":
      return streamOf(half, (controller, cancelled) => {
        const resume = stall.begin();
        const ended = new Promise<void>((resolve) => endings.push(resolve));
        return Promise.race([ended.then(() => controller.error(lost())), cancelled]).finally(
          resume,
        );
      });
    case "slow":
      return slowly(whole, clock, stall);
  }
}

function lost(): TypeError {
  return new TypeError("Network connection lost.");
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

/** Sends the bytes when they are read, and then calls `end`, which a cancellation need not await. */
function streamOf(
  bytes: Uint8Array,
  end: (controller: Controller, cancelled: Promise<void>) => Promise<void>,
): ReadableStream {
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
  let isSent = false;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (isSent) return end(controller, cancelled);
        isSent = true;
        return controller.enqueue(bytes);
      },
      cancel: () => cancel(),
    },
    { highWaterMark: 0 },
  );
}

/** Sends a piece a second. */
function slowly(whole: Uint8Array, clock: Clock, stall: Stall): ReadableStream {
  const size = Math.ceil(whole.length / PIECES);
  let at = 0;
  let stop = () => {};
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const resume = stall.begin();
        const { promise: sent, resolve } = Promise.withResolvers<void>();
        const stopTimer = clock.startTimer(PIECE_MS, () => {
          controller.enqueue(whole.subarray(at, at + size));
          at += size;
          if (at >= whole.length) controller.close();
          resolve();
        });
        stop = () => {
          stopTimer();
          resolve();
        };
        return sent.finally(resume);
      },
      cancel: () => stop(),
    },
    { highWaterMark: 0 },
  );
}
