import { once } from "node:events";
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { ConnectionError } from "../doctor/http/connection.ts";

/** A response whose body was read piece by piece, and not kept. */
export interface Download {
  readonly status: number;
  readonly headers: Headers;
  /** Of the body, as far as it was read. */
  readonly bytes: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
  /** The beginning of the body of an error, which says what failed. */
  readonly excerpt: Uint8Array;
}

/** Enough of an error to recognise whose it is. */
const MAX_EXCERPT_BYTES = 16 * 1024;

export interface DownloadRequest {
  readonly method: "GET" | "HEAD";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Breaks the connection off once so many bytes have arrived. */
  readonly stopAfterBytes?: number;
  /** @param piece the next part of the body of a response with this status. */
  onPiece?(piece: Uint8Array, status: number): void;
}

/** Large bodies from one origin, by HTTP/1.1, which needs no memory for them. */
export type Downloader = ReturnType<typeof createDownloader>;

/** @param stallMs how long nothing may arrive. */
export function createDownloader(origin: URL, stallMs: number, ca: string | undefined) {
  const isTls = origin.protocol === "https:";
  const options = { keepAlive: true, maxSockets: 1, ...(ca === undefined ? {} : { ca }) };
  const agent = isTls ? new HttpsAgent(options) : new HttpAgent(options);
  const send = isTls ? requestHttps : requestHttp;

  /** @throws ConnectionError if the response does not arrive in full. */
  async function download(request: DownloadRequest): Promise<Download> {
    const { method, url, headers, stopAfterBytes = Number.POSITIVE_INFINITY } = request;
    const start = performance.now();
    const outgoing = send(url.href, { method, agent, headers: { ...headers } });
    const stall = Object.assign(new Error(`nothing arrived for ${stallMs / 1000} s`), {
      code: "TIMEOUT",
    });
    outgoing.setTimeout(stallMs, () => outgoing.destroy(stall));
    // Once there is a response, reading its body reports the error too.
    outgoing.on("error", () => {});
    outgoing.end();
    const [response] = await once(outgoing, "response").catch((error) => {
      throw new ConnectionError("request", error);
    });
    const incoming = response as IncomingMessage;
    const firstByteMs = performance.now() - start;
    const status = incoming.statusCode ?? 0;
    const isError = status >= 300;
    let excerpt: Uint8Array = new Uint8Array();
    let bytes = 0;
    try {
      for await (const piece of incoming as AsyncIterable<Uint8Array>) {
        const wanted = piece.subarray(0, stopAfterBytes - bytes);
        bytes += wanted.byteLength;
        request.onPiece?.(wanted, status);
        if (isError && excerpt.byteLength < MAX_EXCERPT_BYTES) {
          excerpt = Buffer.concat([excerpt, wanted]);
        }
        if (bytes === stopAfterBytes) break;
      }
    } catch (error) {
      throw new ConnectionError("body", error);
    }
    const totalMs = performance.now() - start;
    return { status, headers: headersOf(incoming), bytes, firstByteMs, totalMs, excerpt };
  }

  return { download, close: () => agent.destroy() };
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return headers;
}
