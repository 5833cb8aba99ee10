import type { Answer } from "./mirror/answer.ts";
import type { RequestRecord } from "./mirror/request-record.ts";

/** The limit of Analytics Engine for an index. */
const MAX_INDEX_BYTES = 96;

/**
 * @param bytes of the body; null if unknown.
 * @param ms the duration.
 * @returns a data point of Workers Analytics Engine. The order of the columns must not change, since
 * stored data keeps it; docs/log.md names them. An absent value is empty or 0.
 */
export function toDataPoint(
  record: RequestRecord,
  { status, cacheStatus }: Answer,
  bytes: number | null,
  ms: number,
): AnalyticsEngineDataPoint {
  const image = record.image ?? "";
  return {
    // Sampling is fair between the values of the index. Image names are ASCII.
    indexes: [image.slice(0, MAX_INDEX_BYTES)],
    blobs: [
      image,
      record.registry ?? "",
      record.kind,
      outcomeOf(cacheStatus),
      `${Math.floor(status / 100)}xx`,
      record.error?.code ?? "",
      record.lock ?? "",
      record.client.country ?? "",
      record.method,
    ],
    doubles: [bytes ?? 0, ms, record.upstream.requests, status],
  };
}

/** @returns the cache status in one word. */
function outcomeOf(cacheStatus: Answer["cacheStatus"]): "none" | "stale" | "hit" | "miss" {
  if (cacheStatus === null) return "none";
  if (cacheStatus.isStale) return "stale";
  return cacheStatus.forwarded === null ? "hit" : "miss";
}
