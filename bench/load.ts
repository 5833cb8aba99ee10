import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { parentPort, Worker, workerData } from "node:worker_threads";

/** The same GET again and again on many connections, one at a time on each. */
export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  /** Requests start within this time; those in flight at its end are finished. */
  readonly durationMs: number;
}

export interface LoadResult {
  readonly responses: number;
  /** Bytes of all bodies. */
  readonly bytes: number;
  readonly ms: number;
}

/** Applies loads from a thread of its own, so that it does not share one with the stand-in. */
export interface LoadGenerator {
  /** One load at a time. Rejects at the first response that is not 200. */
  apply(load: Load): Promise<LoadResult>;
  close(): Promise<void>;
}

type Message = { readonly result: LoadResult } | { readonly error: string };

/** Marks the thread in which this file applies loads. */
const THREAD = "sampan-load-generator";

if (workerData === THREAD) {
  parentPort?.on("message", async (load: Load) => {
    const message: Message = await applyLoad(load).then(
      (result) => ({ result }),
      (error) => ({ error: (error as Error).message }),
    );
    parentPort?.postMessage(message);
  });
}

/** Starts the thread. */
export function createLoadGenerator(): LoadGenerator {
  const thread = new Worker(import.meta.filename, { workerData: THREAD });
  return {
    async apply(load) {
      const answered = once(thread, "message");
      thread.postMessage(load);
      const [message] = (await answered) as [Message];
      if ("error" in message) throw new Error(message.error);
      return message.result;
    },
    async close() {
      await thread.terminate();
    },
  };
}

async function applyLoad(load: Load): Promise<LoadResult> {
  const { connections, durationMs } = load;
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(load.url)));
  const start = performance.now();
  const totals = { responses: 0, bytes: 0 };
  try {
    await Promise.all(sockets.map((socket) => repeat(socket, load, start + durationMs, totals)));
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

function repeat(
  socket: Socket,
  load: Load,
  deadline: number,
  totals: { responses: number; bytes: number },
): Promise<void> {
  const request = formatRequest(load);
  return new Promise((resolve, reject) => {
    const read = createResponseReader(({ status, bytes }) => {
      if (status !== 200) reject(new Error(`GET ${load.url} returned ${status} under load`));
      totals.responses += 1;
      totals.bytes += bytes;
      if (performance.now() < deadline) socket.write(request);
      else resolve();
    });
    socket.on("data", read);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`${load.url} closed the connection under load`)));
    socket.write(request);
  });
}

function formatRequest({ url, headers }: Load): string {
  const { host, pathname, search } = new URL(url);
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}`);
  return [`GET ${pathname}${search} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

/** A complete response. */
export interface ResponseSummary {
  readonly status: number;
  /** Bytes of its body. */
  readonly bytes: number;
}

const HEAD_END = "\r\n\r\n";
const LINE_END = "\r\n";

/**
 * Reads responses to GET from an HTTP/1.1 connection (RFC 9112) and stores no bodies, so that the
 * client takes little of the machine's CPU.
 *
 * @returns takes the received bytes. Throws at a response without a length that is not chunked.
 */
export function createResponseReader(
  onResponse: (response: ResponseSummary) => void,
): (input: Buffer) => void {
  let step = readHead;
  let status = 0;
  let bytes = 0;
  let remaining = 0;
  let rest = Buffer.alloc(0);

  function readHead(input: Buffer): number {
    const end = input.indexOf(HEAD_END);
    if (end < 0) return 0;
    const head = input.toString("latin1", 0, end);
    status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
    bytes = 0;
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length !== undefined) {
      bytes = Number(length);
      skip(bytes, finish);
    } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) step = readChunkSize;
    else throw new Error(`response without a length: ${head}`);
    return end + HEAD_END.length;
  }

  function readChunkSize(input: Buffer): number {
    const end = input.indexOf(LINE_END);
    if (end < 0) return 0;
    const size = Number.parseInt(input.toString("latin1", 0, end), 16);
    bytes += size;
    // A line end follows every chunk; the last chunk is followed by an empty line.
    skip(size + LINE_END.length, size === 0 ? finish : () => (step = readChunkSize));
    return end + LINE_END.length;
  }

  /** Skips bytes, then calls `next`. */
  function skip(count: number, next: () => void): void {
    remaining = count;
    step = (input) => {
      const taken = Math.min(remaining, input.length);
      remaining -= taken;
      if (remaining === 0) next();
      return taken;
    };
    if (remaining === 0) next();
  }

  function finish(): void {
    step = readHead;
    onResponse({ status, bytes });
  }

  return (chunk) => {
    let input = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let taken = -1; taken !== 0 && input.length > 0; input = input.subarray(taken)) {
      taken = step(input);
    }
    rest = Buffer.from(input);
  };
}
