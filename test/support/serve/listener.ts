import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { toRequest } from "./to-request.ts";
import { writeResponse } from "./write-response.ts";

/** A loopback port that can be left and taken again. */
export interface Listener {
  readonly origin: string;
  start(): Promise<void>;
  /** Frees the port and destroys every connection. */
  stop(): Promise<void>;
}

/**
 * Serves a function from request to response on a loopback port, a free one if it is 0. A rejection
 * is a reset.
 */
export async function createListener(
  serve: (request: Request) => Promise<Response>,
  wanted = 0,
): Promise<Listener> {
  const server = createServer(async (incoming, outgoing) => {
    const closed = new AbortController();
    outgoing.once("close", () => closed.abort(new Error("The connection is closed.")));
    try {
      await writeResponse(outgoing, await serve(toRequest(origin, incoming, closed.signal)));
    } catch {
      incoming.socket.destroy();
    }
  });
  // Idle connections stay open: a test decides when one breaks, not a timer.
  server.keepAliveTimeout = 0;
  const sockets = trackSockets(server);
  await listen(server, wanted);
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    start: () => listen(server, port),
    async stop() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
}

function trackSockets(server: Server): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return sockets;
}
