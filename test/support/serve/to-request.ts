import type { IncomingMessage } from "node:http";

/** A Node request without its body as a web Request. */
export function toRequest(origin: string, incoming: IncomingMessage, signal: AbortSignal): Request {
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
