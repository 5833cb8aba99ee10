const PIECE_BYTES = 64 * 1024;

/** Holds bodies back in their middle, so that a test can break things there. */
export interface Gate {
  /** The same response, whose body stops at half of its length until the gate is opened. */
  through(response: Response): Promise<Response>;
  /** Resolves once so many bodies have come to their middle. */
  reached(count: number): Promise<void>;
  /** Lets all go on, and holds no more back. */
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
