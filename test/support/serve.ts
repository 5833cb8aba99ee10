import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createHub, type Host, type Hub, type HubOptions } from "./hub.ts";

/** A stand-in Docker Hub on three loopback ports. */
export interface ServedHub {
  readonly hub: Hub;
  readonly origins: Readonly<Record<Host, string>>;
  /** Frees the ports and breaks every connection, as if there were no such hosts any more. */
  goAway(): Promise<void>;
  /** Listens again on the same ports. */
  comeBack(): Promise<void>;
  /** Goes away, and comes back after these steps, also when they fail. */
  whileGone(steps: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** What kind of Docker Hub it is, and where it listens. */
export interface ServeOptions extends Omit<HubOptions, "registry" | "auth" | "storage"> {
  /** The registry's port; token service and blob storage take the next two. Free ones unless said. */
  readonly port?: number;
}

/**
 * Serves a new hub over TCP. What it fails by `intercept` or `become` fails on the wire: `reset`
 * destroys the socket, `hang` leaves it open, and a body shorter than its Content-Length breaks it.
 */
export async function serveHub({ port, ...options }: ServeOptions = {}): Promise<ServedHub> {
  const serve = (request: Request) => hub.fetch(request);
  const listen = (offset: number) => createListener(serve, port === undefined ? 0 : port + offset);
  const [registry, auth, storage] = await Promise.all([listen(0), listen(1), listen(2)]);
  const origins = { registry: registry.origin, auth: auth.origin, storage: storage.origin };
  const hub = createHub({ ...options, ...origins });
  const each = async (act: (listener: Listener) => Promise<void>) => {
    await Promise.all([registry, auth, storage].map(act));
  };
  const goAway = () => each((listener) => listener.stop());
  const comeBack = () => each((listener) => listener.start());
  return {
    ...{ hub, origins, goAway, comeBack },
    async whileGone(steps) {
      await goAway();
      await steps().finally(comeBack);
    },
    close: goAway,
  };
}

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

/** A Node request without its body as a web Request. */
function toRequest(origin: string, incoming: IncomingMessage, signal: AbortSignal): Request {
  return new Request(`${origin}${incoming.url ?? "/"}`, {
    method: incoming.method ?? "GET",
    headers: pairs(incoming.rawHeaders),
    signal,
  });
}

/** Name and value alternate in the list; a repeated header stays repeated. */
function pairs(raw: readonly string[]): [string, string][] {
  const names = raw.filter((_, index) => index % 2 === 0);
  return names.map((name, index) => [name, raw[2 * index + 1] ?? ""]);
}

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
