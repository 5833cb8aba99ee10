import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

/** RFC 6455, section 1.3. */
const WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** FIN and the opcode of a text frame (RFC 6455, section 5.2). */
const TEXT_FRAME = 0x81;
/** The length that announces two more bytes of length. */
const LONG_LENGTH = 126;

/** A stand-in for Cloudflare's API, as far as `wrangler tail` needs it. */
export interface TailApi {
  readonly origin: string;
  stop(): Promise<void>;
}

/** @param invocation sent once to every client that connects. */
export async function startTailApi(invocation: object): Promise<TailApi> {
  const sockets = new Set<Duplex>();
  const server = createServer((incoming, outgoing) => {
    const isTail = incoming.method === "POST" && incoming.url?.endsWith("/tails");
    const tail = {
      id: "1",
      url: `ws${origin.slice("http".length)}/tail`,
      expires_at: "2036-01-01T00:00:00Z",
    };
    outgoing.setHeader("content-type", "application/json");
    const result = isTail ? tail : {};
    outgoing.end(JSON.stringify({ success: true, errors: [], messages: [], result }));
  });
  server.on("upgrade", ({ headers }, socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    const key = `${headers["sec-websocket-key"]}${WEBSOCKET_GUID}`;
    const lines = [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Protocol: trace-v1",
      `Sec-WebSocket-Accept: ${createHash("sha1").update(key).digest("base64")}`,
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    socket.write(frame(JSON.stringify(invocation)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
    await once(server, "close");
  };
  return { origin, stop };
}

function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.from([TEXT_FRAME, LONG_LENGTH, payload.length >> 8, payload.length & 0xff]);
  if (payload.length < LONG_LENGTH) throw new Error("The text is too short for this encoding.");
  return Buffer.concat([head, payload]);
}
