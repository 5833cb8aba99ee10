import type { Mirror } from "../../support/mirror/in-process.ts";
import { expectLawful, expectNoSecret, strayHeaders } from "../../support/mirror/response-check.ts";
import type { Received } from "./receive.ts";
import type { RequestKind, Right } from "./requests.ts";
import { type Cell, type Failure, type Outcome, rightOf } from "./rules.ts";
import { knowledgeIn } from "./states.ts";

/** Case 34a. Every 429 of the faults asks for more, or for the default, which is more. */
const MAX_RETRY_AFTER = "5";

/** @returns a sentence for each difference from the outcome. */
export function judge(cell: Cell, outcome: Outcome, received: Received): string[] {
  const { request, fault, state } = cell;
  switch (outcome.kind) {
    case "right":
    case "stale":
      return [
        ...judgeLaw(request, received),
        ...judgeRight(request, outcome.right, received),
        ...judgeStatus(cell, received, outcome.kind === "stale"),
      ];
    case "fails":
      return [
        ...compare(received, {
          status: outcome.status,
          end: "whole",
          "retry-after": outcome.status === 429 ? MAX_RETRY_AFTER : null,
          warning: null,
        }),
        ...judgeCode(request, outcome, received),
        ...judgeLaw(request, received),
      ];
    case "breaks":
      return [...judgePrefix(request, received), ...compare(received, { end: "broken" })];
    case "stalls":
      return [...judgePrefix(request, received), ...compare(received, { end: "open" })];
    case "as sent": {
      const status = fault.kind === "changed" ? request.right.status : 200;
      const head = judgeAsSent(rightOf(request, state), received);
      return [...head, ...compare(received, { status, end: "whole" })];
    }
  }
}

/** @returns what is wrong with an answer that should be right. */
export function judgeRight({ method }: RequestKind, right: Right, received: Received): string[] {
  const bytes = method === "HEAD" ? new Uint8Array() : right.bytes;
  return [
    ...judgeAsSent(right, received),
    ...compare(received, {
      status: right.status,
      end: "whole",
      "content-type": right.type,
      "content-length": String(right.bytes.length),
      "content-range": right.contentRange ?? null,
      "content-encoding": null,
      "retry-after": null,
    }),
    ...(isEqual(received.bytes, bytes) ? [] : ["other bytes"]),
  ];
}

/** `Cache-Status` of manifests and blobs, and `Warning` of every answer. */
function judgeStatus({ request, state }: Cell, received: Received, isStale: boolean): string[] {
  const { headers, upstreamRequests } = received;
  const isKnown = request.subject === "tag" && knowledgeIn(state).tag !== "unknown";
  const origin = upstreamRequests === 0 ? "hit" : `fwd=${isKnown ? "stale" : "miss"}`;
  const status = `sampan; ${origin}${isStale ? "; detail=stale" : ""}`;
  const warning = headers.get("warning");
  const isWarned = warning !== null && /^299 - "[^"\\]{10,}"$/.test(warning);
  return [
    ...(request.right.digest === null ? [] : compare(received, { "cache-status": status })),
    ...((isStale ? isWarned : warning === null) ? [] : [`Warning is ${warning}`]),
  ];
}

/** @returns what is wrong with a body that does not end: what arrived must be right. */
export function judgePrefix({ right }: RequestKind, received: Received): string[] {
  const { bytes, headers } = received;
  const isPrefix = isEqual(bytes, right.bytes.slice(0, bytes.length));
  return [
    ...judgeAsSent(right, received),
    ...compare(received, { status: right.status }),
    ...(isPrefix ? [] : ["other bytes"]),
    ...(Number(headers.get("content-length")) > bytes.length ? [] : ["no length beyond its bytes"]),
  ];
}

/** @returns what is wrong with the head of an answer, whatever becomes of its body. */
export function judgeAsSent({ digest }: Right, received: Received): string[] {
  return [
    ...strayHeaders(received.headers).map((name) => `has ${name}`),
    ...compare(received, {
      "docker-distribution-api-version": "registry/2.0",
      "docker-content-digest": digest,
      etag: digest && `"${digest}"`,
    }),
  ];
}

/** @returns what is wrong with the lines of a log. */
export function judgeLog({ log }: Mirror): string[] {
  return complaintOf(() => expectNoSecret(JSON.stringify(log)));
}

/** @returns what is wrong with any whole answer, a success or a failure. */
export function judgeLaw({ method }: Pick<RequestKind, "method">, received: Received): string[] {
  return complaintOf(() => {
    expectNoSecret(new TextDecoder().decode(received.bytes.subarray(0, 10_000)));
    expectLawful(method, received);
  });
}

/** @returns what is wrong with the code of a failure; a HEAD has none. */
export function judgeCode(
  { method }: RequestKind,
  { code }: Pick<Failure, "code">,
  { bytes }: Received,
): string[] {
  if (method === "HEAD") return [];
  return complaintOf(() => {
    const [error] = JSON.parse(new TextDecoder().decode(bytes)).errors;
    if (error.code !== code) throw new Error(`code is ${error.code}, not ${code}`);
  });
}

/** @returns the first line of the error, if there is one. */
function complaintOf(check: () => void): string[] {
  try {
    check();
    return [];
  } catch (error) {
    return [String(error).split("\n", 1)[0] ?? ""];
  }
}

/** Compares status, end and headers; null means that there is no such header. */
function compare(
  { status, end, headers }: Received,
  expected: Readonly<Record<string, string | number | null>>,
): string[] {
  return Object.entries(expected).flatMap(([field, value]) => {
    const actual = field === "status" ? status : field === "end" ? end : headers.get(field);
    return actual === value ? [] : [`${field} is ${actual}, not ${value}`];
  });
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && crypto.subtle.timingSafeEqual(a, b);
}
