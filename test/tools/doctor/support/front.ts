import { once } from "node:events";
import { createServer, type IncomingMessage, request as requestHttp } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** What a front was asked. */
export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Headers;
}

/** An answer, which may be changed. */
export interface Answer {
  status: number;
  readonly headers: Headers;
  bytes: Uint8Array;
}

/** What stands between the doctor and a mirror, and changes its answers. */
export type Tamper = (answer: Answer, asked: Asked) => void | Promise<void>;

export interface Front {
  readonly origin: string;
  /** Changes answers from now on; null for none. */
  tamper(how: Tamper | null): void;
  close(): Promise<void>;
}

/**
 * Passes every request on to `behind`, and its answer back; without it, everything is an empty 200
 * to begin with.
 */
export async function startFront(behind: string | null): Promise<Front> {
  let how: Tamper | null = null;
  const server = createServer(async (incoming, outgoing) => {
    const answer = behind === null ? empty() : await passOn(behind, incoming);
    const asked = askedOf(incoming);
    await how?.(answer, asked);
    const { status, headers, bytes } = answer;
    headers.delete("transfer-encoding");
    outgoing.sendDate = !headers.has("x-no-date");
    outgoing.writeHead(status, [...headers].flat());
    outgoing.end(asked.method === "HEAD" ? undefined : bytes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    tamper: (next) => {
      how = next;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** The Host stays as the client said it, as it does before a Worker. */
async function passOn(behind: string, incoming: IncomingMessage): Promise<Answer> {
  const { method = "GET", url = "/", rawHeaders } = incoming;
  const outgoing = requestHttp(`${behind}${url}`, { method, headers: rawHeaders as never });
  incoming.pipe(outgoing);
  const [reply] = (await once(outgoing, "response")) as [IncomingMessage];
  const headers = headersOf(reply.rawHeaders);
  return { status: reply.statusCode ?? 0, headers, bytes: await buffer(reply) };
}

function empty(): Answer {
  return { status: 200, headers: new Headers(), bytes: new Uint8Array() };
}

function askedOf({ method = "GET", url = "/", rawHeaders }: IncomingMessage): Asked {
  return { method, path: url, headers: headersOf(rawHeaders) };
}

/** Name and value alternate in the list. */
function headersOf(raw: readonly string[]): Headers {
  const names = raw.filter((_, index) => index % 2 === 0);
  return new Headers(
    names.map((name, index) => [name, raw[2 * index + 1] ?? ""] as [string, string]),
  );
}
