/** What a data point is made of: a line of the log, and where the client is. */
export interface MeasuredRequest {
  readonly method: string;
  /** Without any secret; null if the request was not let in. */
  readonly path: string | null;
  readonly lock: string | null;
  readonly registry: string | null;
  readonly image: string | null;
  readonly status: number;
  /** `Cache-Status`, or null. */
  readonly cache: string | null;
  /** Of the body; null if its length is not known. */
  readonly bytes: number | null;
  readonly ms: number;
  readonly upstreamRequests: number;
  /** The code of the error, if there was one. */
  readonly error?: string | undefined;
  /** Two letters, or null. */
  readonly country: string | null;
}

/** What Analytics Engine takes as an index. */
const MAX_INDEX_BYTES = 96;

/**
 * @returns one request as a data point of Workers Analytics Engine. The order of the columns is
 * for good, since what was written keeps it; docs/log.md has their names. What there is none of is
 * empty, or 0.
 */
export function dataPointOf(request: MeasuredRequest) {
  const image = request.image ?? "";
  return {
    // Sampling is fair between values of the index. Names are ASCII: a character is a byte.
    indexes: [image.slice(0, MAX_INDEX_BYTES)],
    blobs: [
      image,
      request.registry ?? "",
      kindOf(request.path),
      outcomeOf(request.cache),
      `${Math.floor(request.status / 100)}xx`,
      request.error ?? "",
      request.lock ?? "",
      request.country ?? "",
      request.method,
    ],
    doubles: [request.bytes ?? 0, request.ms, request.upstreamRequests, request.status],
  } satisfies AnalyticsEngineDataPoint;
}

/** @returns `Cache-Status` (RFC 9211) in one word: hit, quota, stale, miss or none. */
export function outcomeOf(cache: string | null): string {
  if (cache === null) return "none";
  const [, detail] = /;\s*detail=(stale|quota)\b/.exec(cache) ?? [];
  return detail ?? (/;\s*hit\b/.test(cache) ? "hit" : "miss");
}

/** @returns what was asked for; a pull starts with a `tag`, and has manifests and blobs after it. */
function kindOf(path: string | null): string {
  if (path === null) return "refused";
  const [, kind, reference = ""] = /\/(manifests|blobs|referrers|tags)\/([^/]+)$/.exec(path) ?? [];
  switch (kind) {
    case "manifests":
      return /:|%3a/i.test(reference) ? "manifest" : "tag";
    case "blobs":
      return "blob";
    case "referrers":
    case "tags":
      return kind;
    default:
      if (path.endsWith("/search")) return "search";
      return /^\/v\d\/?$/.test(path) ? "base" : "other";
  }
}
