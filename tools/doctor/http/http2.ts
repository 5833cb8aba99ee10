import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import type { Socket } from "node:net";
import type { Open } from "./exchange.ts";

/**
 * HTTP/2, as Go's clients speak it to Cloudflare.
 *
 * @param socket a connection on which it was agreed upon; further ones are opened when it ends.
 */
export function createHttp2(
  origin: URL,
  socket: Socket,
  ca: string | undefined,
): { readonly open: Open; close(): void } {
  let session: ClientHttp2Session | null = null;
  function current(): ClientHttp2Session {
    if (session !== null && !session.closed && !session.destroyed) return session;
    const isFirst = session === null;
    const trust = ca === undefined ? {} : { ca };
    session = connect(origin.href, isFirst ? { createConnection: () => socket } : trust);
    // Each request hears of it too.
    session.on("error", () => {});
    return session;
  }
  return {
    open: ({ method, url, headers, body }, signal) =>
      new Promise((resolve, reject) => {
        const pseudo = { ":method": method, ":path": `${url.pathname}${url.search}` };
        const options = { endStream: body === null, signal };
        const stream = current().request({ ...pseudo, ...headers }, options);
        stream.once("response", (received) => resolve({ ...answerOf(received), body: stream }));
        stream.once("error", reject);
        if (body !== null) stream.end(body);
      }),
    close: () => session?.destroy() ?? socket.destroy(),
  };
}

function answerOf(received: IncomingHttpHeaders) {
  const headers = new Headers();
  for (const [name, value] of Object.entries(received)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const one of [value].flat()) headers.append(name, one);
  }
  return { status: Number(received[":status"]), headers };
}
