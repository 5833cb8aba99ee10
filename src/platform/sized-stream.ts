/** A stream with a known length. */
export interface SizedStream {
  readonly stream: ReadableStream<Uint8Array>;
  /** Settles when all bytes were read; rejects if the body fails or the reader cancels. */
  readonly done: Promise<void>;
}

/**
 * Gives a body a length, as R2, the Cache API and a response with `Content-Length` need it. The
 * stream fails if the body has another length. The platform moves the bytes, not JavaScript. Unlike
 * an untouched body, this stream keeps the invocation alive until it is read.
 *
 * @param body must come from the network or a store: the platform cannot chain two such streams.
 * @param length bytes.
 * @param signal cancels the stream.
 */
export function withLength(
  body: ReadableStream<Uint8Array>,
  length: number,
  signal?: AbortSignal,
): SizedStream {
  const { readable, writable } = new FixedLengthStream(length);
  const done = pipe(body, writable, signal);
  done.catch(() => {});
  return { stream: readable, done };
}

async function pipe(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!signal?.aborted) return body.pipeTo(writable, signal ? { signal } : {});
  // The platform would then leave both streams open.
  void body.cancel(signal.reason).catch(() => {});
  void writable.abort(signal.reason).catch(() => {});
  throw signal.reason;
}
