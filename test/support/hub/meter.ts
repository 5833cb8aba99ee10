const PIECE_BYTES = 64 * 1024;

/** Watches how much of a body is really taken. */
export interface Meter {
  /** The same response, whose body is handed out a piece at a time and counted. */
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
