import { createHash } from "node:crypto";
import { type Answer, LIMIT_MS, type Sent } from "./exchange.ts";
import type { Subject } from "./upstream.ts";

/** The sum of what all clients of a run received. */
export interface Tally {
  requests: number;
  /** Requests for blobs that only R2 can store. */
  largeBlobRequests: number;
  /** Complete pulls. */
  pulls: number;
  /** Pulls in which a request was refused or broke. */
  failedPulls: number;
  /** Requests that the client itself aborted. */
  left: number;
  /** Requests sent again because their kept connection had been closed. */
  again: number;
  /** Blobs whose connection broke. */
  cut: number;
  /** Blobs that were resumed by Range, and complete then. */
  resumed: number;
  /** Old answers that are marked as such. */
  stale: number;
  /** Bodies whose sha256 was right, and their bytes. */
  verified: number;
  verifiedBytes: number;
  /** Answers by status. */
  readonly statuses: Record<number, number>;
  /** Milliseconds to the head of each answer. */
  readonly headMs: number[];
  /** Broken rules. */
  readonly broken: string[];
}

export function createTally(): Tally {
  return {
    ...{ requests: 0, largeBlobRequests: 0, pulls: 0, failedPulls: 0, left: 0, cut: 0, resumed: 0 },
    ...{ again: 0, stale: 0, verified: 0, verifiedBytes: 0, statuses: {}, headMs: [], broken: [] },
  };
}

/** Counts an answer. */
export function record(
  tally: Tally,
  { ending, status, headers, headMs, wasRepeated }: Answer,
): void {
  tally.requests += 1;
  tally.statuses[status] = (tally.statuses[status] ?? 0) + 1;
  if (status > 0) tally.headMs.push(headMs);
  if (wasRepeated) tally.again += 1;
  if (ending === "left") tally.left += 1;
  if (ending === "broken") tally.cut += 1;
  if (headers.get("cache-status")?.includes("detail=stale")) tally.stale += 1;
}

/** @returns the quantile of the time to the head of an answer, in milliseconds. */
export function quantileMs({ headMs }: Tally, share: number): number {
  const sorted = [...headMs].sort((a, b) => a - b);
  return Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
}

/** Statuses that a mirror may answer while its upstream fails. */
const FAILURES = new Set([429, 502, 503, 504]);
/** How long the upstream may take to answer, during which a tag may move. */
const SLACK_MS = 3_000;

/**
 * Judges how a request ended, its status and its length.
 *
 * @returns which rule is broken; null if none is.
 */
export function judge(sent: Sent, answer: Answer): string | null {
  const { method, url } = sent;
  const what = `${method} ${new URL(url).pathname}`;
  const { ending, status, headers, body, cause, headMs } = answer;
  if (ending === "left") return null;
  if (ending === "hung") return `hung request: ${what} did not end in ${LIMIT_MS / 1000} s`;
  if (ending === "broken") {
    const isCut = status === 200 || status === 206;
    return isCut && url.includes("/blobs/")
      ? null
      : `no answer: ${what} broke after ${Math.round(headMs)} ms: ${cause}`;
  }
  if (FAILURES.has(status)) return judgeFailure(what, method, answer);
  if (status !== 200 && status !== 206) return `unexpected status: ${what} answers ${status}`;
  if (method === "HEAD") return null;
  return Number(headers.get("content-length")) === body.length ? null : `wrong length: ${what}`;
}

/**
 * Judges the digest that was answered for a tag.
 *
 * @param start when it was requested, on the machine's clock.
 * @param ttlMs how long the mirror may trust a tag.
 */
export function judgeTag(
  { repository, versions }: Subject,
  { headers }: Answer,
  start: number,
  ttlMs: number,
): string | null {
  const digest = headers.get("docker-content-digest");
  const at = versions.findIndex((version) => version.digest === digest);
  if (at === -1) return `wrong digest: ${repository} was never ${digest}`;
  const isOld = /detail=stale/.test(headers.get("cache-status") ?? "");
  const replacedAt = versions[at + 1]?.since ?? Number.POSITIVE_INFINITY;
  if (isOld || replacedAt > start - ttlMs - SLACK_MS) return null;
  const lateMs = Math.round(start - replacedAt);
  return `old tag: ${repository} is ${lateMs} ms behind and is not marked as stale`;
}

/** @returns the digest of bytes. */
export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function judgeFailure(what: string, method: string, { status, headers, body }: Answer) {
  if (headers.get("content-type") !== "application/json")
    return `no OCI error: ${what} (${status})`;
  if (status === 429 && !/^\d+$/.test(headers.get("retry-after") ?? "")) {
    return `no Retry-After: ${what} answers 429`;
  }
  return method === "HEAD" || hasErrorCode(body) ? null : `no OCI error: ${what} (${status})`;
}

function hasErrorCode(body: Buffer): boolean {
  try {
    return typeof JSON.parse(body.toString()).errors[0].code === "string";
  } catch {
    return false;
  }
}
