import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createAnswerReader } from "./answer-reader.ts";

/** The same GET again and again, on many connections, one at a time on each. */
export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  /** After which no request is begun; those under way are finished. */
  readonly forMs: number;
}

/** What came of it. */
export interface LoadResult {
  readonly answers: number;
  /** Of bodies. */
  readonly bytes: number;
  readonly ms: number;
}

/** Applies the load. Rejects at the first answer that is not 200. */
export async function applyLoad(load: Load): Promise<LoadResult> {
  const { connections, forMs } = load;
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(load.url)));
  const start = performance.now();
  const totals = { answers: 0, bytes: 0 };
  try {
    await Promise.all(sockets.map((socket) => keepAsking(socket, load, start + forMs, totals)));
    return { ...totals, ms: performance.now() - start };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  return socket.setNoDelay();
}

function keepAsking(
  socket: Socket,
  load: Load,
  deadline: number,
  totals: { answers: number; bytes: number },
): Promise<void> {
  const request = requestOf(load);
  return new Promise((resolve, reject) => {
    const read = createAnswerReader(({ status, bytes }) => {
      if (status !== 200) reject(new Error(`GET ${load.url} answers ${status} under load.`));
      totals.answers += 1;
      totals.bytes += bytes;
      if (performance.now() < deadline) socket.write(request);
      else resolve();
    });
    socket.on("data", read);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`${load.url} breaks the connection under load.`)));
    socket.write(request);
  });
}

function requestOf({ url, headers }: Load): string {
  const { host, pathname, search } = new URL(url);
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}`);
  return [`GET ${pathname}${search} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}
