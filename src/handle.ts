import { findRegistry } from "./config/registries.ts";
import type { Env } from "./config/settings.ts";
import type { Isolate } from "./isolate.ts";
import {
  type Answer,
  errorAnswer,
  type HeaderTable,
  toResponse,
  withHeaders,
} from "./mirror/answer.ts";
import { recordHealth } from "./mirror/home.ts";
import { misconfigurationAnswer } from "./mirror/misconfiguration.ts";
import { createRequestRecord, type RequestRecord } from "./mirror/request-record.ts";
import { serve } from "./mirror/serve.ts";
import { describeCause } from "./platform/log.ts";
import type { Platform } from "./platform/platform.ts";
import { RegistryError } from "./protocol/errors.ts";
import { logRequest } from "./request-log.ts";
import { createServices, type Services } from "./services.ts";

/** A year. */
const HSTS = "max-age=31536000";

/** Answers a request and writes one line to the log. It never rejects. */
export type Handler = (request: Request) => Promise<Response>;

/**
 * @param isolate the state of earlier requests.
 * @returns the handler of all requests in an isolate.
 */
export function createHandler(env: Env, platform: Platform, isolate: Isolate): Handler {
  let services: Services | null = null;
  return async (request) => {
    const record = createRequestRecord(request, platform.now());
    let answer: Answer;
    try {
      // The edge cache needs a host of the mirror, which the first request has.
      services ??= createServices(env, platform, isolate, new URL(request.url).host);
      answer = await serve(services, request, record);
    } catch (cause) {
      record.error = toRegistryError(cause);
      answer =
        services === null
          ? await misconfigurationAnswer(env, request, record, record.error)
          : errorAnswer(record.error, record.path);
    }
    if (services !== null) {
      answer = withRegistryHeaders(services, request, record, answer);
      if (record.registry !== null) recordHealth(services, record.registry, record.upstream);
    }
    answer = withHeaders(answer, securityHeaders(request, answer));
    logRequest(platform, env.METRICS, services?.config ?? null, record, answer);
    return toResponse(answer, request.method === "HEAD");
  };
}

/** Adds the headers of the registry API that depend on the request or the configuration only. */
function withRegistryHeaders(
  { config, sealer }: Services,
  request: Request,
  { upstream }: RequestRecord,
  answer: Answer,
): Answer {
  if (!answer.isRegistry) return answer;
  const namespace = new URL(request.url).searchParams.get("ns");
  const isKnown = namespace !== null && findRegistry(config.registries, namespace) !== null;
  const hasLogins = config.access.users.length > 0 || sealer !== null;
  const cacheControl = answer.headers["cache-control"] ?? "";
  return withHeaders(answer, {
    ...(isKnown && { "oci-namespace": namespace }),
    ...(upstream.rateLimit && {
      "ratelimit-limit": upstream.rateLimit.limit,
      "ratelimit-remaining": upstream.rateLimit.remaining,
    }),
    // A shared cache must not give the content of a login to others.
    ...(hasLogins && { "cache-control": cacheControl.replace("public", "private") }),
  });
}

/** For browsers: images are data, never documents or scripts of the mirror's site. */
function securityHeaders({ url }: Request, { isRegistry }: Answer): HeaderTable {
  return {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    ...(isRegistry && { "content-security-policy": "sandbox; default-src 'none'" }),
    ...(url.startsWith("https:") && { "strict-transport-security": HSTS }),
  };
}

function toRegistryError(cause: unknown): RegistryError {
  if (cause instanceof RegistryError) return cause;
  const reason = describeCause(cause);
  return new RegistryError("UNKNOWN", "the mirror failed unexpectedly; see its log", { reason });
}
