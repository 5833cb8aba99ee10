import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** Small enough for a slow client to hold the writer back. */
const PIECE_BYTES = 64 * 1024;

/** Writes as fast as the client reads. A body that ends short of its length breaks the connection. */
export async function writeResponse(outgoing: ServerResponse, response: Response): Promise<void> {
  outgoing.writeHead(response.status, [...response.headers].flat());
  const written = response.body === null ? null : await writeBody(outgoing, response.body);
  const promised = response.headers.get("content-length");
  if (written === null || promised === null || Number(promised) === written) {
    outgoing.end();
    return;
  }
  // What was written has to reach the client before the end that it did not expect.
  outgoing.socket?.destroySoon();
}

async function writeBody(
  outgoing: ServerResponse,
  body: ReadableStream<Uint8Array>,
): Promise<number> {
  outgoing.flushHeaders();
  const reader = body.getReader();
  const closed = gone(outgoing, () => void reader.cancel());
  let written = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return written;
    for (let start = 0; start < value.length && !outgoing.destroyed; start += PIECE_BYTES) {
      const piece = value.subarray(start, start + PIECE_BYTES);
      written += piece.length;
      if (!outgoing.write(piece)) await Promise.race([once(outgoing, "drain"), closed]);
    }
  }
}

/** Settles, and calls back, once nobody reads any more. */
async function gone(outgoing: ServerResponse, then: () => void): Promise<void> {
  // An error of the connection is followed by its close: either way it is over.
  await once(outgoing, "close").catch(() => null);
  then();
}
