import type { Answer } from "./ask.ts";

/** What all clients of a run saw together. */
export interface Tally {
  requests: number;
  /** Requests for blobs that the mirror keeps nowhere but in R2. */
  largeBlobRequests: number;
  /** Images that came in full. */
  pulls: number;
  /** Images of which something was refused or broke. */
  failedPulls: number;
  /** Requests that the client itself hung up on. */
  left: number;
  /** Requests made again, since the connection that was kept for them had been closed. */
  again: number;
  /** Blobs whose connection broke. */
  cut: number;
  /** Blobs that were taken up again by Range, and were whole then. */
  resumed: number;
  /** Old answers that say so. */
  stale: number;
  /** Bodies whose sha256 was right, and their bytes. */
  verified: number;
  verifiedBytes: number;
  /** Answers by status. */
  readonly statuses: Record<number, number>;
  /** Milliseconds to the head of each answer. */
  readonly headMs: number[];
  /** What should never have happened. */
  readonly broken: string[];
}

/** Nothing seen yet. */
export function createTally(): Tally {
  return {
    ...{ requests: 0, largeBlobRequests: 0, pulls: 0, failedPulls: 0, left: 0, cut: 0, resumed: 0 },
    ...{ again: 0, stale: 0, verified: 0, verifiedBytes: 0, statuses: {}, headMs: [], broken: [] },
  };
}

/** Counts an answer. */
export function note(tally: Tally, { ending, status, headers, headMs, isSecond }: Answer): void {
  tally.requests += 1;
  tally.statuses[status] = (tally.statuses[status] ?? 0) + 1;
  if (status > 0) tally.headMs.push(headMs);
  if (isSecond) tally.again += 1;
  if (ending === "left") tally.left += 1;
  if (ending === "broken") tally.cut += 1;
  if (headers.get("cache-status")?.includes("detail=stale")) tally.stale += 1;
}

/** @returns the time within which so large a share of the answers began, in milliseconds. */
export function quantileMs({ headMs }: Tally, share: number): number {
  const sorted = [...headMs].sort((a, b) => a - b);
  return Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
}
