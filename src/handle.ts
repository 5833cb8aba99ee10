import { type Config, type Env, readConfig } from "./config.ts";
import { describeCause, type LogFields } from "./log.ts";
import type { Context } from "./mirror/context.ts";
import { serve } from "./mirror/mirror.ts";
import { respondError } from "./mirror/respond.ts";
import { RegistryError } from "./protocol/errors.ts";
import { type Outside, wire } from "./wire.ts";

/**
 * Answers one request and writes one line to the log.
 *
 * @returns never rejects: what nobody foresaw is a 500 that tells nothing.
 */
export async function handle(request: Request, env: Env, outside: Outside): Promise<Response> {
  const startedAt = outside.now();
  const url = new URL(request.url);
  let context: Context | null = null;
  let failure: LogFields = {};
  const report = (error: RegistryError) => {
    failure = { error: error.code, message: error.message, reason: error.reason };
  };
  try {
    context = wire(outside, env, configOf(env, outside), url.host);
    return logged(await serve(context, request, url, report));
  } catch (cause) {
    const error = asRegistryError(cause);
    report(error);
    const isHead = request.method === "HEAD";
    return logged(respondError(error, { isHead, detail: { path: url.pathname } }));
  }

  function logged(response: Response): Response {
    outside.log("request", {
      method: request.method,
      path: url.pathname,
      status: response.status,
      cache: response.headers.get("cache-status"),
      upstreamRequests: context?.trace.upstreamRequests ?? 0,
      ms: outside.now() - startedAt,
      ...failure,
    });
    return response;
  }
}

/** The environment of an isolate never changes: it is read and checked once. */
function configOf(env: Env, { isolate }: Outside): Config {
  const known = isolate.configs.get(env);
  if (known !== undefined) return known;
  const config = readConfig(env);
  isolate.configs.set(env, config);
  return config;
}

function asRegistryError(cause: unknown): RegistryError {
  if (cause instanceof RegistryError) return cause;
  const reason = describeCause(cause);
  return new RegistryError("UNKNOWN", "the mirror failed; its log tells why", { reason });
}
