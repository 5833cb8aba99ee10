import { expectLawful, expectNoSecret, strayHeaders } from "../../handler/support/lawful.ts";
import type { Mirror } from "../../handler/support/mirror.ts";
import type { Received } from "./receive.ts";
import type { RequestKind, Right } from "./requests.ts";
import { type Cell, type Failure, type Outcome, rightOf } from "./rules.ts";
import { knowledgeIn } from "./states.ts";

/** @returns a sentence for each difference from the outcome. */
export function judge(cell: Cell, outcome: Outcome, received: Received): string[] {
  const { request } = cell;
  switch (outcome.kind) {
    case "right":
    case "stale":
      return [
        ...judgeLaw(request, received),
        ...judgeRight(request, outcome.right, received),
        ...judgeStatus(cell, received, outcome.kind === "stale"),
      ];
    case "fails":
      return judgeFailure(cell, outcome, received);
    case "breaks":
      return [...judgePrefix(request, received), ...compare("end", received.end, "broken")];
    case "stalls":
      return [...judgePrefix(request, received), ...compare("end", received.end, "open")];
    case "as sent":
      return [
        ...judgeAsSent(rightOf(request, cell.state), received),
        ...compare(
          "status",
          received.status,
          cell.fault.kind === "changed" ? request.right.status : 200,
        ),
        ...compare("end", received.end, "whole"),
      ];
  }
}

/** @returns what is wrong with an answer that should be right. */
export function judgeRight(request: RequestKind, right: Right, received: Received): string[] {
  const { headers, bytes, status, end } = received;
  const length = String(right.bytes.length);
  const isHead = request.method === "HEAD";
  return [
    ...judgeHeaders(received),
    ...compare("status", status, right.status),
    ...compare("end", end, "whole"),
    ...compare("Content-Type", headers.get("content-type"), right.type),
    ...compare("Content-Length", headers.get("content-length"), length),
    ...compare("Content-Range", headers.get("content-range"), right.contentRange ?? null),
    ...compare("Content-Encoding", headers.get("content-encoding"), null),
    ...compare("Retry-After", headers.get("retry-after"), null),
    ...judgeDigest(right, received),
    ...(isEqual(bytes, isHead ? new Uint8Array() : right.bytes) ? [] : ["other bytes"]),
  ];
}

function judgeFailure({ request, fault }: Cell, failure: Failure, received: Received): string[] {
  const { headers, status, end } = received;
  const wait = failure.status === 429 ? String(fault.retryAfter) : null;
  return [
    ...compare("status", status, failure.status),
    ...compare("end", end, "whole"),
    ...compare("Retry-After", headers.get("retry-after"), wait),
    ...compare("Warning", headers.get("warning"), null),
    ...judgeCode(request, failure, received),
    ...judgeLaw(request, received),
  ];
}

/** `Cache-Status` of manifests and blobs, and `Warning` of every answer. */
function judgeStatus(cell: Cell, received: Received, isStale: boolean): string[] {
  const { headers, upstreamRequests } = received;
  const { subject, right } = cell.request;
  const isKnown = subject === "tag" && knowledgeIn(cell.state).tag !== "unknown";
  const origin = upstreamRequests === 0 ? "hit" : `fwd=${isKnown ? "stale" : "miss"}`;
  const expected = `sampan; ${origin}${isStale ? "; detail=stale" : ""}`;
  const warning = headers.get("warning");
  const isWarned = warning !== null && /^299 - "[^"\\]{10,}"$/.test(warning);
  return [
    ...(right.digest === null
      ? []
      : compare("Cache-Status", headers.get("cache-status"), expected)),
    ...(isStale ? (isWarned ? [] : [`Warning is ${warning}`]) : compare("Warning", warning, null)),
  ];
}

/** @returns what is wrong with a body that does not end: what arrived must be right. */
export function judgePrefix({ right }: RequestKind, received: Received): string[] {
  const { bytes, headers } = received;
  const isRight = isEqual(bytes, right.bytes.slice(0, bytes.length));
  return [
    ...judgeHeaders(received),
    ...compare("status", received.status, right.status),
    ...(isRight && bytes.length < right.bytes.length + 1 ? [] : ["other bytes"]),
    ...(Number(headers.get("content-length")) > bytes.length ? [] : ["no length beyond its bytes"]),
    ...judgeDigest(right, received),
  ];
}

/** @returns what is wrong with the head of an answer whose body only the client can verify. */
export function judgeAsSent(right: Right, received: Received): string[] {
  return [...judgeHeaders(received), ...judgeDigest(right, received)];
}

function judgeDigest({ digest }: Right, { headers }: Received): string[] {
  return [
    ...compare("Docker-Content-Digest", headers.get("docker-content-digest"), digest),
    ...compare("ETag", headers.get("etag"), digest && `"${digest}"`),
  ];
}

/** @returns what is wrong with the lines of a log. */
export function judgeLog({ log }: Mirror): string[] {
  try {
    expectNoSecret(JSON.stringify(log));
    return [];
  } catch {
    return ["a secret in the log"];
  }
}

/** Rules for the head of every answer, whether or not its body arrives. */
function judgeHeaders({ headers }: Received): string[] {
  const strays = strayHeaders(headers);
  return [
    ...(strays.length === 0 ? [] : [`has ${strays.join(", ")}`]),
    ...compare("version", headers.get("docker-distribution-api-version"), "registry/2.0"),
  ];
}

/** @returns what is wrong with any whole answer, a success or a failure. */
export function judgeLaw({ method }: RequestKind, received: Received): string[] {
  try {
    expectNoSecret(new TextDecoder().decode(received.bytes.subarray(0, 10_000)));
    expectLawful(method, received);
    return [];
  } catch (error) {
    return [String(error).split("\n", 1)[0] ?? ""];
  }
}

/** @returns what is wrong with the code of a failure; a HEAD has none. */
export function judgeCode(
  { method }: RequestKind,
  { code }: Pick<Failure, "code">,
  received: Received,
): string[] {
  return method === "HEAD" ? [] : compare("code", codeOf(received), code);
}

function codeOf({ bytes }: Received): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)).errors[0].code;
  } catch {
    return null;
  }
}

function compare(field: string, actual: unknown, expected: unknown): string[] {
  return actual === expected ? [] : [`${field} is ${actual}, not ${expected}`];
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && crypto.subtle.timingSafeEqual(a, b);
}
