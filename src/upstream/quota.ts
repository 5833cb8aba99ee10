import type { RateLimit } from "./rate-limit.ts";

/** How many pulls an account, or an address, has left. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
  readonly windowSeconds: number;
  /** Until when this says anything: milliseconds since 1970. */
  readonly until: number;
}

/** The quota as last seen; outlives a request. */
export interface QuotaMemory {
  seen: Quota | null;
}

/** Below this share of the limit, the upstream is to be spared. */
const LOW_SHARE = 0.1;
/** Docker Hub's window. */
const DEFAULT_WINDOW_SECONDS = 6 * 60 * 60;

/** @returns the quota that the headers tell. */
export function readQuota({ limit, remaining }: RateLimit, now: number): Quota {
  const [, told = DEFAULT_WINDOW_SECONDS] = remaining.split(";w=");
  const windowSeconds = Number(told);
  return {
    limit: Number.parseInt(limit, 10),
    remaining: Number.parseInt(remaining, 10),
    windowSeconds,
    until: now + windowSeconds * 1000,
  };
}

/** @returns whether few pulls are left, as far as is known. */
export function isLow({ seen }: QuotaMemory, now: number): boolean {
  return seen !== null && now < seen.until && seen.remaining < seen.limit * LOW_SHARE;
}

/** @returns whether no pull is left, as far as is known. */
export function isUsedUp({ seen }: QuotaMemory, now: number): boolean {
  return seen !== null && now < seen.until && seen.remaining === 0;
}
