import { configOf } from "./config.ts";
import type { Env } from "./env.ts";
import { describeCause } from "./log.ts";
import type { Lobby } from "./mirror/context.ts";
import { createLogEntry } from "./mirror/log-entry.ts";
import { serve } from "./mirror/mirror.ts";
import { respondError } from "./mirror/respond.ts";
import type { Outside } from "./outside.ts";
import { RegistryError } from "./protocol/errors.ts";
import type { Origination } from "./protocol/network.ts";
import { wire } from "./wire.ts";

/**
 * Answers one request and writes one line to the log.
 *
 * @returns never rejects: what nobody foresaw is a 500 that tells nothing.
 */
export async function handle(request: Request, env: Env, outside: Outside): Promise<Response> {
  const startedAt = outside.now();
  const entry = createLogEntry();
  let lobby: Lobby | null = null;
  try {
    const { host } = new URL(request.url);
    lobby = wire(outside, env, configOf(env, outside.isolate.configs), host);
    return logged(await serve(lobby, request, originOf(request), entry));
  } catch (cause) {
    entry.error = asRegistryError(cause);
    const isHead = request.method === "HEAD";
    return logged(respondError(entry.error, { isHead, detail: {} }));
  }

  function logged(response: Response): Response {
    const { error, ...known } = entry;
    outside.log("request", {
      method: request.method,
      ...known,
      status: response.status,
      cache: response.headers.get("cache-status"),
      upstreamRequests: lobby?.trace.upstreamRequests ?? 0,
      ms: outside.now() - startedAt,
      ...(error && { error: error.code, message: error.message, reason: error.reason }),
    });
    return response;
  }
}

/** What Cloudflare says of where a request comes from. */
function originOf({ headers, cf }: Request): Origination {
  const country = cf?.country;
  const asn = cf?.asn;
  return {
    address: headers.get("cf-connecting-ip"),
    country: typeof country === "string" ? country : null,
    asn: typeof asn === "number" ? asn : null,
  };
}

function asRegistryError(cause: unknown): RegistryError {
  if (cause instanceof RegistryError) return cause;
  const reason = describeCause(cause);
  return new RegistryError("UNKNOWN", "the mirror failed; its log tells why", { reason });
}
