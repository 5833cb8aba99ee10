/** The `ratelimit-*` headers of Docker Hub, such as `100;w=21600` and `99;w=21600`. */
export interface RateLimit {
  readonly limit: string;
  readonly remaining: string;
}

/** The pull quota of an account or address. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
  readonly windowSeconds: number;
  /** When the window has certainly ended: milliseconds since 1970. */
  readonly until: number;
}

/**
 * A count, and its window in seconds. Other registries have such headers without a window, for
 * requests of any kind.
 */
const QUOTA = /^\d{1,9};w=\d{1,9}$/;

/** @returns null if the headers are absent or have another form. */
export function parseRateLimit(headers: Headers): RateLimit | null {
  const limit = headers.get("ratelimit-limit") ?? "";
  const remaining = headers.get("ratelimit-remaining") ?? "";
  return QUOTA.test(limit) && QUOTA.test(remaining) ? { limit, remaining } : null;
}

/** @param now milliseconds since 1970. */
export function quotaOf({ limit, remaining }: RateLimit, now: number): Quota {
  const windowSeconds = Number(remaining.split(";w=")[1]);
  return {
    limit: Number.parseInt(limit, 10),
    remaining: Number.parseInt(remaining, 10),
    windowSeconds,
    until: now + windowSeconds * 1000,
  };
}
