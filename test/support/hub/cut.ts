type End = (controller: TransformStreamDefaultController<Uint8Array>) => void;

/** The same response, whose body ends after so many bytes while its length promises them all. */
export function truncate(response: Response, bytes: number): Response {
  return cut(response, bytes, (controller) => controller.terminate());
}

/** The same response, whose connection breaks after so many bytes. */
export function breakAfter(response: Response, bytes: number): Response {
  const error = new TypeError("Network connection lost.");
  return cut(response, bytes, (controller) => controller.error(error));
}

function cut({ status, headers, body }: Response, bytes: number, end: End): Response {
  let left = bytes;
  const stream = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, left));
      left -= Math.min(left, chunk.length);
      if (left === 0) end(controller);
    },
  });
  return new Response(body?.pipeThrough(stream) ?? null, { status, headers });
}
