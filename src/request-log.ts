import type { Config } from "./config/config.ts";
import { toDataPoint } from "./metrics.ts";
import type { Answer } from "./mirror/answer.ts";
import type { RequestRecord } from "./mirror/request-record.ts";
import type { Platform } from "./platform/platform.ts";
import { cacheStatusHeader } from "./protocol/cache-status.ts";
import { anonymizeAddress } from "./protocol/network.ts";

/** Longer paths are made up. */
const MAX_PATH_LENGTH = 1_024;

/**
 * Logs a request, and writes a data point if `METRICS` is bound. Of successful requests only a
 * share is logged, if the owner says so; failures are always logged, and every request is a data
 * point.
 *
 * @param config null if it is invalid: then everything is logged, with anonymous clients.
 */
export function logRequest(
  { log, now, random }: Platform,
  metrics: AnalyticsEngineDataset | undefined,
  config: Pick<Config, "logSample" | "isLogClientFull"> | null,
  record: RequestRecord,
  answer: Answer,
): void {
  const ms = now() - record.startedAt;
  const bytes = record.method === "HEAD" ? 0 : bodyLength(answer);
  try {
    metrics?.writeDataPoint(toDataPoint(record, answer, bytes, ms));
  } catch {
    // A failure of the metrics must not fail the request.
  }
  const { status, cacheStatus } = answer;
  if (status < 400 && random() >= (config?.logSample ?? 1)) return;
  const { address } = record.client;
  const isClientFull = config?.isLogClientFull ?? false;
  const { path, lock, registry, image, reference, error } = record;
  const { requests, answeredBy } = record.upstream;
  log("request", {
    time: new Date(record.startedAt).toISOString(),
    method: record.method,
    client: address === null || isClientFull ? address : anonymizeAddress(address),
    path: path === null ? null : path.slice(0, MAX_PATH_LENGTH),
    ...{ lock, registry, image, reference, status },
    cache: cacheStatus && cacheStatusHeader(cacheStatus),
    bytes,
    ms,
    upstream: requests === 0 ? null : (answeredBy?.replaceAll("+", "/") ?? null),
    upstreamRequests: requests,
    ...(error && { error: error.code, message: error.message, reason: error.reason }),
  });
}

/** @returns bytes; null if unknown. */
function bodyLength({ headers, body }: Answer): number | null {
  if (body === null) return 0;
  const length = headers["content-length"];
  return length === undefined ? null : Number(length);
}
