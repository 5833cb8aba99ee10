import { judgeAsSent, judgeCode, judgeLaw, judgePrefix, judgeRight } from "../../faults/judge.ts";
import type { Effect, Failure } from "../../faults/tables/effects.ts";
import type { RequestKind, Right } from "../../faults/tables/requests.ts";
import type { Received } from "../../faults/world/receive.ts";
import type { ManifestContent } from "../../support/contents.ts";

/** What may have come of a request. */
export interface Possible {
  /** By what is broken now. */
  readonly present: readonly Effect[];
  /** … or was, as long as a failure is remembered. */
  readonly remembered: readonly Effect[];
  /** … or ever was. */
  readonly ever: readonly Effect[];
  /** What the tag leads to, or led to as lately as a tag is trusted. */
  readonly fresh: readonly ManifestContent[];
  /** What the tag ever led to. */
  readonly known: readonly ManifestContent[];
}

/** @returns what is wrong with an answer that should be right, or a clean failure with a reason. */
export function judgeAnswer(
  request: RequestKind,
  received: Received | null,
  possible: Possible,
): string[] {
  if (received === null) return ["no answer in time"];
  if (received.status >= 400) return judgeFailure(request, received, possible.remembered);
  if (received.end !== "whole") return judgeUnended(request, received, possible.present);
  if (request.subject === "tag") return judgeTag(request, received, possible);
  const wrongs = judgeRight(request, request.right, received);
  if (wrongs.length === 0 || !has(possible.present, "as sent")) return wrongs;
  return judgeAsSent(request.right, received);
}

/**
 * @returns what is wrong with a failure: it is one as registries have it, with nothing in it that a
 * client must not see, and one of those that there is a reason for.
 */
export function judgeFailure(
  request: RequestKind,
  received: Received,
  reasons: readonly Effect[],
): string[] {
  const { status, end, headers } = received;
  const failures = reasons.filter((effect): effect is Failure => effect.kind === "fails");
  const alike = failures.filter((failure) => failure.status === status);
  const judged = alike.map((failure) => judgeCode(request, failure, received));
  const wait = headers.get("retry-after");
  const mustWait = status === 429 || status === 503;
  return [
    ...judgeLaw(request, received),
    ...(end === "whole" ? [] : [`a failure that ends ${end}`]),
    ...(mustWait === (wait !== null && /^[1-9]\d?$/.test(wait)) ? [] : [`Retry-After is ${wait}`]),
    ...(judged.find((wrongs) => wrongs.length === 0) ??
      judged[0] ?? [`status ${status} for no reason`]),
  ];
}

function judgeUnended(request: RequestKind, received: Received, reasons: readonly Effect[]) {
  const { end } = received;
  const isExcused = has(reasons, end === "broken" ? "breaks" : "stalls");
  return [...judgePrefix(request, received), ...(isExcused ? [] : [`ends ${end} for no reason`])];
}

/** An answer with a warning may be an old one, if there is a reason for that; no other may. */
function judgeTag(request: RequestKind, received: Received, possible: Possible): string[] {
  const { headers } = received;
  const isOld = headers.has("warning");
  const isExcused = possible.remembered.some((one) => one.kind === "fails" && one.isPassing);
  if (isOld && !isExcused) return ["an old answer for no reason"];
  const digest = headers.get("docker-content-digest");
  const candidates = isOld ? possible.known : possible.fresh;
  const manifest = candidates.find((one) => one.digest === digest);
  if (manifest === undefined) return [`${digest} is not what the tag led to`];
  const right: Right = { ...manifest, status: 200, type: manifest.mediaType };
  const wrongs = judgeRight(request, right, received);
  // What a HEAD said of the length while it was wrong is trusted for as long as the digest.
  const isTold = has(isOld ? possible.ever : possible.remembered, "as sent");
  return wrongs.filter((wrong) => !(isTold && wrong.startsWith("Content-Length is")));
}

function has(effects: readonly Effect[], kind: Effect["kind"]): boolean {
  return effects.some((effect) => effect.kind === kind);
}
