import type { Config } from "./config.ts";
import type { Env } from "./env.ts";
import type { LogFields } from "./log.ts";
import { dataPointOf } from "./metrics.ts";
import type { LogEntry } from "./mirror/log-entry.ts";
import type { Outside } from "./outside.ts";
import { type Origination, shortened } from "./protocol/network.ts";

/** A request that has been answered. */
export interface Answered {
  readonly request: Request;
  readonly from: Origination;
  readonly entry: LogEntry;
  readonly response: Response;
  readonly upstreamRequests: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** How much of it the log tells. */
export type LogConfig = Pick<Config, "logSample" | "isLogClientFull">;

/** Without a configuration, as where it is wrong, everything is told but who asked. */
const CAUTIOUS: LogConfig = { logSample: 1, isLogClientFull: false };

/**
 * Writes the line of a request to the log, and a data point where METRICS is bound. Of successes
 * only a share is logged, if the owner says so; what fails always is, and every request is
 * counted in METRICS.
 */
export function record(outside: Outside, env: Env, config: LogConfig | null, done: Answered): void {
  const { logSample, isLogClientFull } = config ?? CAUTIOUS;
  const line = lineOf(done, outside.now(), isLogClientFull);
  measure(env, line, done);
  const isFailure = done.response.status >= 400;
  if (isFailure || outside.random() < logSample) outside.log("request", line);
}

function lineOf(done: Answered, now: number, isClientFull: boolean) {
  const { request, from, entry, response, upstreamRequests, startedAt } = done;
  const { error, ...known } = entry;
  const { status, headers } = response;
  return {
    time: new Date(startedAt).toISOString(),
    method: request.method,
    client: from.address === null || isClientFull ? from.address : shortened(from.address),
    ...known,
    status,
    cache: headers.get("cache-status"),
    bytes: request.method === "HEAD" ? 0 : lengthOf(response),
    ms: now - startedAt,
    upstreamRequests,
    ...(error && { error: error.code, message: error.message, reason: error.reason }),
  } satisfies LogFields;
}

/** Metrics that fail fail nothing else, and nobody waits for them. */
function measure({ METRICS }: Env, line: ReturnType<typeof lineOf>, { from }: Answered): void {
  try {
    METRICS?.writeDataPoint(dataPointOf({ ...line, country: from.country }));
  } catch {
    // There is nothing to be done about it, and the pull goes on.
  }
}

/** @returns bytes of the body as announced; null if it was not. */
function lengthOf({ headers, body }: Response): number | null {
  if (body === null) return 0;
  const length = headers.get("content-length");
  return length === null ? null : Number(length);
}
