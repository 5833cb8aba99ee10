import { record } from "./access-log.ts";
import { type Config, configOf } from "./config.ts";
import type { Env } from "./env.ts";
import { describeCause } from "./log.ts";
import type { Lobby } from "./mirror/context.ts";
import { createLogEntry, type LogEntry } from "./mirror/log-entry.ts";
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
  const from = originOf(request);
  const known: Known = { config: null, lobby: null };
  const response = await answer(request, env, outside, { from, entry, known }).catch(
    (cause: unknown) => {
      entry.error = asRegistryError(cause);
      return respondError(entry.error, { isHead: request.method === "HEAD", detail: {} });
    },
  );
  const upstreamRequests = known.lobby?.trace.upstreamRequests ?? 0;
  const done = { request, from, entry, response, upstreamRequests, startedAt };
  record(outside, env, known.config, done);
  return response;
}

/** What is known of a request's surroundings before it fails. */
interface Known {
  config: Config | null;
  lobby: Lobby | null;
}

interface Details {
  readonly from: Origination;
  readonly entry: LogEntry;
  readonly known: Known;
}

async function answer(
  request: Request,
  env: Env,
  outside: Outside,
  { from, entry, known }: Details,
): Promise<Response> {
  const { host } = new URL(request.url);
  known.config = configOf(env, outside.isolate.configs);
  known.lobby = wire(outside, env, known.config, host);
  return serve(known.lobby, request, from, entry);
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
