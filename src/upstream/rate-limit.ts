/** Docker Hub's pull quota as it tells it, e.g. `100;w=21600` and `99;w=21600`. */
export interface RateLimit {
  readonly limit: string;
  readonly remaining: string;
}

// A count, and the window in seconds that it is for. A limit of 0 would say nothing.
const LIMIT = /^[1-9]\d{0,8}(;w=\d{1,9})?$/;
const REMAINING = /^\d{1,9}(;w=\d{1,9})?$/;

/** @returns null if the upstream tells no quota, or not in this form. */
export function readRateLimit(headers: Headers): RateLimit | null {
  const limit = headers.get("ratelimit-limit") ?? "";
  const remaining = headers.get("ratelimit-remaining") ?? "";
  return LIMIT.test(limit) && REMAINING.test(remaining) ? { limit, remaining } : null;
}
