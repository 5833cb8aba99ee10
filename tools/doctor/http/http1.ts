import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { Open } from "./exchange.ts";

/** HTTP/1.1 on one connection that is kept, as clients do. */
export function createHttp1(
  origin: URL,
  ca: string | undefined,
): { readonly open: Open; close(): void } {
  const isTls = origin.protocol === "https:";
  const options = { keepAlive: true, maxSockets: 1, ...(ca === undefined ? {} : { ca }) };
  const agent = isTls ? new HttpsAgent(options) : new HttpAgent(options);
  const request = isTls ? requestHttps : requestHttp;
  return {
    open: ({ method, url, headers, body }, signal) =>
      new Promise((resolve, reject) => {
        const outgoing = request(url.href, { method, agent, signal, headers: { ...headers } });
        outgoing.once("response", (incoming) => resolve(openedOf(incoming)));
        outgoing.once("error", reject);
        outgoing.end(body ?? undefined);
      }),
    close: () => agent.destroy(),
  };
}

function openedOf(incoming: IncomingMessage) {
  const headers = new Headers();
  const { rawHeaders } = incoming;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "");
  }
  return { status: incoming.statusCode ?? 0, headers, body: incoming };
}
