import { createHash } from "node:crypto";
import { type Answer, LIMIT_MS, type Question } from "./ask.ts";
import type { Subject } from "./world.ts";

/** What a mirror may answer while its upstream fails: quota, failure, rest, timeout. */
const FAILURES = new Set([429, 502, 503, 504]);
/** How much older than its age an answer may be: the upstream had as long as this to give it. */
const SLACK_MS = 3_000;

/**
 * Judges how a request ended, its status and its length.
 *
 * @returns which rule is broken; null if none is.
 */
export function judge(question: Question, answer: Answer): string | null {
  const { method, url } = question;
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
 * Judges what a tag was said to lead to.
 *
 * @param start when it was asked, on the machine's clock.
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
  const isOld = /detail=(stale|quota)/.test(headers.get("cache-status") ?? "");
  const replacedAt = versions[at + 1]?.since ?? Number.POSITIVE_INFINITY;
  if (isOld || replacedAt > start - ttlMs - SLACK_MS) return null;
  const lateMs = Math.round(start - replacedAt);
  return `old tag: ${repository} is ${lateMs} ms behind and does not say so`;
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
