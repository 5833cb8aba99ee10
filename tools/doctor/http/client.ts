import { type Connection, openConnection } from "./connection.ts";
import { type Bounds, exchange, type Open } from "./exchange.ts";
import { createHttp1 } from "./http1.ts";
import { createHttp2 } from "./http2.ts";
import type { Ask, Reply } from "./reply.ts";

/** Speaks to one origin, in the newest version of HTTP that it offers. */
export interface Client {
  /** What the first connection was like. @throws Unanswered */
  connection(): Promise<Connection>;
  /** @throws Unanswered */
  send(ask: Ask): Promise<Reply>;
  close(): void;
}

export interface ClientOptions {
  readonly origin: URL;
  readonly bounds: Bounds & { readonly connectMs: number };
  /** Certificates to trust besides the usual ones, in PEM. */
  readonly ca?: string | undefined;
}

interface Transport {
  readonly connection: Connection;
  readonly open: Open;
  close(): void;
}

/** Nothing is sent before the first question. */
export function createClient(options: ClientOptions): Client {
  let started: Promise<Transport> | null = null;
  const transport = () => {
    started ??= start(options);
    return started;
  };
  return {
    connection: async () => (await transport()).connection,
    send: async (ask) => exchange((await transport()).open, ask, options.bounds),
    close: () => void started?.then(({ close }) => close()).catch(() => null),
  };
}

async function start({ origin, bounds, ca }: ClientOptions): Promise<Transport> {
  const connection = await openConnection(origin, { timeoutMs: bounds.connectMs, ca });
  if (connection.tls?.protocol === "h2") {
    return { connection, ...createHttp2(origin, connection.socket, ca) };
  }
  // This one was to measure; Node keeps its own.
  connection.socket.destroy();
  return { connection, ...createHttp1(origin, ca) };
}
