import type { Exchange } from "./spoil.ts";

type BodyFault = "cut" | "stuck" | "slow" | "truncated" | "told more" | "told less" | "changed";

const PIECES = 20;

/** @returns the response with a body that is not as it should be; a HEAD's has only its length. */
export async function bodyThat(
  fault: BodyFault,
  response: Response,
  exchange: Exchange,
): Promise<Response> {
  const headers = new Headers(response.headers);
  const whole = new Uint8Array(await response.arrayBuffer());
  const length = Number(headers.get("content-length") ?? whole.length);
  if (fault === "told more") headers.set("content-length", String(length + 1));
  if (fault === "told less") headers.set("content-length", String(length - 1));
  const body = whole.length === 0 ? null : spoiled(fault, whole, exchange);
  return new Response(body, { status: response.status, headers });
}

function spoiled(fault: BodyFault, whole: Uint8Array<ArrayBuffer>, exchange: Exchange): BodyInit {
  const half = whole.slice(0, whole.length >> 1);
  switch (fault) {
    case "cut":
      return streamOf([half], (controller) =>
        controller.error(new TypeError("Network connection lost.")),
      );
    case "truncated":
      return streamOf([half], (controller) => controller.close());
    case "stuck":
      return stuckAfter(half, exchange);
    case "slow":
      return slowly(whole, exchange);
    case "told more":
      return whole;
    case "told less":
      return whole.slice(0, -1);
    case "changed":
      return whole.with(0, (whole[0] ?? 0) ^ 1) as Uint8Array<ArrayBuffer>;
  }
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

/** Nothing is sent before it is asked for. */
const LAZY = { highWaterMark: 0 };

function streamOf(pieces: Uint8Array[], end: (controller: Controller) => void): ReadableStream {
  const left = [...pieces];
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = left.shift();
        if (piece === undefined) end(controller);
        else controller.enqueue(piece);
      },
    },
    LAZY,
  );
}

function stuckAfter(half: Uint8Array, { stall, endings }: Exchange): ReadableStream {
  let isSent = false;
  let resume = () => {};
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (!isSent) {
          isSent = true;
          controller.enqueue(half);
          return;
        }
        resume = stall.begin();
        return new Promise<void>((resolve) => {
          endings.push(() => {
            resume();
            controller.error(new TypeError("Network connection lost."));
            resolve();
          });
        });
      },
      cancel: () => resume(),
    },
    LAZY,
  );
}

function slowly(whole: Uint8Array, { clock, stall }: Exchange): ReadableStream {
  const size = Math.ceil(whole.length / PIECES);
  let at = 0;
  let stop = () => {};
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const resume = stall.begin();
        return new Promise<void>((resolve) => {
          const stopTimer = clock.startTimer(1000, () => {
            resume();
            controller.enqueue(whole.subarray(at, at + size));
            at += size;
            if (at >= whole.length) controller.close();
            resolve();
          });
          stop = () => {
            stopTimer();
            resume();
            resolve();
          };
        });
      },
      cancel: () => stop(),
    },
    LAZY,
  );
}
