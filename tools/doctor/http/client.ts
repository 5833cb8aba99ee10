import { Agent as HttpAgent, request as requestHttp } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { CorruptContent } from "../check.ts";
import { ConnectionError, inStage, openConnection } from "./connection.ts";

/** A request as it is sent. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** How much of the response's body is read at most. */
  readonly maxBytes: number;
  /**
   * Gets a body piece by piece, which is not kept then, unless it is that of an error.
   *
   * @param status of the response.
   */
  onPiece?(piece: Uint8Array, status: number): void;
}

/** A response as it arrived: nothing decoded, no redirect followed. */
export interface Reply {
  readonly method: HttpRequest["method"];
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  /** The body, as far as it was read; empty if it was passed on piece by piece. */
  readonly bytes: Uint8Array;
  /** Bytes of the body, as far as it was read. */
  readonly received: number;
  /** From the request to the first byte of the response. */
  readonly firstByteMs: number;
  /** From the request to the end of the body. */
  readonly totalMs: number;
}

/** HTTP requests to one origin, by HTTP/2 where the server offers it. */
export type Client = ReturnType<typeof createClient>;

export interface Timeouts {
  /** For DNS, TCP and TLS each. */
  readonly connectMs: number;
  readonly firstByteMs: number;
  /** For each next piece of the body. */
  readonly stallMs: number;
}

export interface ClientOptions {
  readonly origin: URL;
  readonly timeouts: Timeouts;
  /** Certificates to trust in addition to the usual ones, in PEM. */
  readonly ca?: string | undefined;
}

/** A response whose body has not been read yet. */
interface Head {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readable;
}

interface Transport {
  send(request: HttpRequest, signal: AbortSignal): Promise<Head>;
  close(): void;
}

type Decoder = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  deflate: inflateSync,
  zstd: zstdDecompressSync,
};
/** A few bytes can decompress to gigabytes. Nothing that the doctor requests is larger. */
const MAX_CONTENT_BYTES = 16 * 1024 * 1024;

/** As Go's clients have them: Node's would slow large layers down. */
const STREAM_WINDOW_BYTES = 4 * 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 2 ** 30;

/** @returns a client, which connects at once. */
export function createClient(options: ClientOptions) {
  const opened = open(options);
  // Each use reports a failure.
  opened.catch(() => {});
  return {
    /** The first connection. @throws ConnectionError */
    connection: async () => (await opened).connection,
    /** @throws ConnectionError */
    send: async (request: HttpRequest) =>
      exchange((await opened).transport, request, options.timeouts),
    close: () => void opened.then(({ transport }) => transport.close()).catch(() => {}),
  };
}

/**
 * @returns the body without a content coding that a proxy may have added.
 * @throws CorruptContent if it decompresses to more than 16 MiB.
 */
export function contentOf({ headers, bytes }: Reply): Uint8Array {
  const decode = DECODERS[headers.get("content-encoding") ?? ""];
  try {
    return decode === undefined ? bytes : decode(bytes, { maxOutputLength: MAX_CONTENT_BYTES });
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_BUFFER_TOO_LARGE") return bytes;
    throw new CorruptContent("a compressed response has more than 16 MiB");
  }
}

/** @returns the same as text. */
export function textOf(reply: Reply): string {
  return new TextDecoder().decode(contentOf(reply));
}

async function open({ origin, timeouts, ca }: ClientOptions) {
  const connection = await openConnection(origin, timeouts.connectMs, ca);
  const { socket, tls } = connection;
  if (tls?.protocol === "h2") return { connection, transport: createHttp2(origin, socket, ca) };
  // Node's agent opens its own connection for HTTP/1.1.
  socket.destroy();
  return { connection, transport: createHttp1(origin, ca) };
}

async function exchange(
  transport: Transport,
  request: HttpRequest,
  { firstByteMs: headTimeoutMs, stallMs }: Timeouts,
): Promise<Reply> {
  const { method, url, maxBytes, onPiece } = request;
  const start = performance.now();
  const controller = new AbortController();
  const abort = () => controller.abort();
  const sent = transport.send(request, controller.signal);
  const { status, headers, body } = await inStage("request", sent, headTimeoutMs, abort);
  const firstByteMs = performance.now() - start;
  const kept: Uint8Array[] = [];
  let received = 0;
  const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  for (;;) {
    const next = await inStage("body", pieces.next(), stallMs, abort).catch(
      ({ cause }: ConnectionError) => {
        throw new ConnectionError("body", cause, { received, headers });
      },
    );
    if (next.done) break;
    const piece = next.value.subarray(0, maxBytes - received);
    received += piece.byteLength;
    onPiece?.(piece, status);
    if (onPiece === undefined || (status >= 300 && received < MAX_CONTENT_BYTES)) kept.push(piece);
    if (piece.byteLength < next.value.byteLength) break;
  }
  // Ends the response if there is more of it.
  await pieces.return?.();
  const totalMs = performance.now() - start;
  const bytes = Buffer.concat(kept);
  return { method, url, status, headers, bytes, received, firstByteMs, totalMs };
}

/** HTTP/1.1 on one persistent connection. */
function createHttp1(origin: URL, ca: string | undefined): Transport {
  const isTls = origin.protocol === "https:";
  const options = { keepAlive: true, maxSockets: 1, ...(ca === undefined ? {} : { ca }) };
  const agent = isTls ? new HttpsAgent(options) : new HttpAgent(options);
  const send = isTls ? requestHttps : requestHttp;
  return {
    send: ({ method, url, headers, body }, signal) =>
      new Promise((resolve, reject) => {
        const outgoing = send(url.href, { method, agent, signal, headers: { ...headers } });
        outgoing.once("response", (incoming) => {
          resolve(headOf(incoming.statusCode ?? 0, incoming.headersDistinct, incoming));
        });
        outgoing.once("error", reject);
        outgoing.end(body ?? undefined);
      }),
    close: () => agent.destroy(),
  };
}

/** @param socket a connection that has negotiated HTTP/2; another is opened when it ends. */
function createHttp2(origin: URL, socket: Socket, ca: string | undefined): Transport {
  let session: ClientHttp2Session | null = null;
  function current(): ClientHttp2Session {
    if (session !== null && !session.closed && !session.destroyed) return session;
    const reconnect = ca === undefined ? {} : { ca };
    session = connect(origin.href, {
      settings: { initialWindowSize: STREAM_WINDOW_BYTES },
      ...(session === null ? { createConnection: () => socket } : reconnect),
    });
    session.once("connect", (opened) => opened.setLocalWindowSize(CONNECTION_WINDOW_BYTES));
    // Each request reports it as well.
    session.on("error", () => {});
    return session;
  }
  return {
    send: ({ method, url, headers, body }, signal) =>
      new Promise((resolve, reject) => {
        const pseudo = { ":method": method, ":path": `${url.pathname}${url.search}` };
        const options = { endStream: body === null, signal };
        const stream = current().request({ ...pseudo, ...headers }, options);
        stream.once("response", ({ ":status": status, ...received }) => {
          resolve(headOf(Number(status), received, stream));
        });
        stream.once("error", reject);
        if (body !== null) stream.end(body);
      }),
    close: () => session?.destroy() ?? socket.destroy(),
  };
}

/** @param received by name; names that begin with a colon are HTTP/2's own. */
function headOf(status: number, received: NodeJS.Dict<string | string[]>, body: Readable): Head {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(received)) {
    if (name.startsWith(":")) continue;
    for (const value of [values].flat()) headers.append(name, value);
  }
  return { status, headers, body };
}
