import { once } from "node:events";
import { createServer, type IncomingMessage, request as requestHttp } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";

/** A response on its way to the doctor. */
export interface Answer {
  status: number;
  readonly headers: Headers;
  bytes: Uint8Array;
}

/** The request that it answers; the path includes the query. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
}

/** Changes a response. */
export type Change = (answer: Answer, asked: Asked) => void;

/** A server between the doctor and a mirror that can change responses. */
export interface TestProxy {
  readonly origin: string;
  /** Changes responses from now on; null for none. */
  change(how: Change | null): void;
  close(): Promise<void>;
}

/** @param mirror where requests go; null answers all of them with an empty 200. */
export async function startProxy(mirror: string | null): Promise<TestProxy> {
  let how: Change | null = null;
  const server = createServer(async (incoming, outgoing) => {
    const { method = "GET", url = "/" } = incoming;
    const headers = incoming.headers as Record<string, string>;
    const answer =
      mirror === null
        ? { status: 200, headers: new Headers(), bytes: new Uint8Array() }
        : await forward(mirror, incoming);
    how?.(answer, { method, path: url, headers: new Headers(headers) });
    answer.headers.delete("transfer-encoding");
    outgoing.writeHead(answer.status, [...answer.headers].flat());
    outgoing.end(method === "HEAD" ? undefined : answer.bytes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    change: (next) => {
      how = next;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

export function onManifest(change: Change, method = "GET|HEAD"): Change {
  const isMeant = new RegExp(`^(?:${method}) .*/manifests/(?!sha256:0$)`);
  return (answer, asked) => {
    if (isMeant.test(`${asked.method} ${asked.path}`)) change(answer, asked);
  };
}

export function onPath(pattern: RegExp, change: Change): Change {
  return (answer, asked) => {
    if (pattern.test(asked.path)) change(answer, asked);
  };
}

/** A whole blob, or a part of one that matches `range`. */
export function onBlob(change: Change, range: RegExp | null = null): Change {
  return onPath(/\/blobs\/sha256/, (answer, asked) => {
    const header = asked.headers.get("range");
    if (range === null ? header === null : range.test(header ?? "")) change(answer, asked);
  });
}

export function set(headers: Readonly<Record<string, string>>, status?: number): Change {
  return (answer) => {
    for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
    answer.status = status ?? answer.status;
  };
}

export function remove(header: string): Change {
  return ({ headers }) => headers.delete(header);
}

/** Replaces the whole response. */
export function replace(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Change {
  return (answer, asked) => {
    for (const name of [...answer.headers.keys()]) answer.headers.delete(name);
    answer.bytes = Buffer.from(body);
    set(headers, status)(answer, asked);
  };
}

/** Changes one bit of the body. */
export function flipBit(answer: Answer): void {
  answer.bytes = answer.bytes.map((byte, index) => (index === 3 ? byte ^ 1 : byte));
}

export function compress(answer: Answer): void {
  if (answer.bytes.byteLength === 0) return;
  answer.bytes = gzipSync(answer.bytes);
  answer.headers.set("content-encoding", "gzip");
  answer.headers.set("content-length", String(answer.bytes.byteLength));
}

/** Keeps the client's Host header, as Cloudflare does in front of a Worker. */
async function forward(mirror: string, incoming: IncomingMessage): Promise<Answer> {
  const { method = "GET", url = "/", rawHeaders } = incoming;
  const outgoing = requestHttp(`${mirror}${url}`, { method, headers: rawHeaders as never });
  incoming.pipe(outgoing);
  const [reply] = (await once(outgoing, "response")) as [IncomingMessage];
  const headers = new Headers(reply.headers as Record<string, string>);
  return { status: reply.statusCode ?? 0, headers, bytes: await buffer(reply) };
}
