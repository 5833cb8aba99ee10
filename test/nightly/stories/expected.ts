import type { ManifestContent } from "../../support/contents.ts";
import { type Call, type Case, callsAt, strikes } from "../faults/faults.ts";
import { judgeAsSent, judgeCode, judgeLaw, judgePrefix, judgeRight } from "../faults/judge.ts";
import type { Received } from "../faults/receive.ts";
import type { RequestKind, Right } from "../faults/requests.ts";
import {
  callsFor,
  type Effect,
  effectOf,
  type Failure,
  isOnlyForDigest,
  isSurvived,
  transient,
} from "../faults/rules.ts";
import type { Knowledge } from "../faults/states.ts";

/** A fault at the upstream and when it ended. */
export interface PastFault extends Case {
  /** Milliseconds since 1970; infinite while it lasts. */
  readonly until: number;
}

/** What a request may come to besides the right answer. */
export type Possible =
  | Effect
  /** The last known manifest, with a warning. */
  | { readonly kind: "stale" };

/** Everything that the answer to a request depends on. */
export interface Circumstances {
  /** The results that present faults make possible. */
  readonly present: readonly Possible[];
  /** … present faults, and those that may be remembered. */
  readonly remembered: readonly Possible[];
  /** … faults at any time. */
  readonly ever: readonly Possible[];
  /** … faults whose content may be stored: present ones, or any for a blob at the edge. */
  readonly stored: readonly Possible[];
  /** What the tag points to, or pointed to as recently as a tag is trusted. */
  readonly fresh: readonly ManifestContent[];
  /** What the tag has pointed to at any time. */
  readonly known: readonly ManifestContent[];
}

const NOTHING_CACHED: Knowledge = {
  challenge: false,
  token: false,
  tag: "unknown",
  manifest: false,
  blob: false,
  largeBlob: false,
  largeBlobUrl: false,
};
/** While the circuit of a host that hung is open. */
const CIRCUIT_OPEN = transient(503);

/**
 * @param faults that the request may have met, or that may be remembered.
 * @param hasMoved whether the tag has ever moved.
 * @returns what the contract allows besides the right answer, whatever is cached: a fault matters
 * only to requests that need a call which it strikes. A store that fails or hangs matters to none.
 */
export function possibleFor(
  request: RequestKind,
  faults: readonly PastFault[],
  hasMoved: boolean,
): Possible[] {
  const calls = callsFor(request, NOTHING_CACHED);
  const possible: Possible[] = [];
  for (const call of calls) {
    for (const effect of effectsOn(call, faults)) {
      if (effect.kind === "fails" || !isOnlyForDigest(call, request, [])) possible.push(effect);
      if (effect.kind === "instead" && !calls.includes(effect.call)) calls.push(effect.call);
    }
    const isHanging = faults.some(
      ({ place, fault }) =>
        fault.kind === "silent" && callsAt(place).some((one) => hostOf(one) === hostOf(call)),
    );
    if (isHanging) possible.push(CIRCUIT_OPEN);
  }
  // Case 11a: HEAD fetches the manifest of a moved tag if an older one is cached, which then
  // answers in place of a failure that a known tag survives.
  if (request.subject === "tag" && hasMoved && !calls.includes("manifest GET")) {
    for (const effect of effectsOn("manifest GET", faults)) {
      if (effect.kind === "fails") possible.push(isSurvived(effect) ? { kind: "stale" } : effect);
    }
  }
  return possible;
}

function effectsOn(call: Call, faults: readonly PastFault[]): Effect[] {
  const striking = faults.filter(({ place }) => strikes(place, call));
  return striking.map(({ fault }) => effectOf(call, fault));
}

/** The host whose circuit opens. */
function hostOf(call: Call): "token" | "storage" | "registry" {
  if (call === "token") return "token";
  return call.startsWith("storage") ? "storage" : "registry";
}

/** @returns what is wrong with an answer: it must be right, or a clean failure with a reason. */
export function judgeAnswer(
  request: RequestKind,
  received: Received | null,
  circumstances: Circumstances,
): string[] {
  const { present, remembered, ever, stored } = circumstances;
  const isOldPossible = remembered.some(mayLeaveOld);
  if (received === null) return ["no answer in time"];
  if (received.status >= 400) {
    // Case 41a: that there are no referrers is cached like a list of them.
    const isOldNone = request.subject === "referrers" && isOldPossible;
    const old = isOldNone ? ever.filter(isNone) : [];
    return judgeFailure(request, received, [...remembered, ...old]);
  }
  if (received.end !== "whole") {
    const isPossible = has(present, received.end === "broken" ? "breaks" : "stalls");
    const complaint = isPossible ? [] : [`ends ${received.end} for no reason`];
    return [...judgePrefix(request, received), ...complaint];
  }
  if (request.subject === "tag") return judgeTag(request, received, circumstances);
  const wrongs = judgeRight(request, request.right, received);
  // Cases 37a and 41a: only lists may be old, and only while the upstream fails.
  const isList = request.subject === "tags" || request.subject === "referrers";
  const isOld = received.headers.has("warning");
  if (isOld && !(isList && isOldPossible)) wrongs.push("a stale answer for no reason");
  if (wrongs.length === 0 || !has(stored, "as sent")) return wrongs;
  return judgeAsSent(request.right, received);
}

/**
 * @returns what is wrong with a failure: it must have the form of a registry's, nothing in it that a
 * client must not see, and be one of those that are possible.
 */
export function judgeFailure(
  request: RequestKind,
  received: Received,
  possible: readonly Possible[],
): string[] {
  const { status, end, headers } = received;
  const failures = possible.filter((effect): effect is Failure => effect.kind === "fails");
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

/** An answer with a warning may be an old one, if there is a reason for that; no other may. */
function judgeTag(
  request: RequestKind,
  received: Received,
  { remembered, ever, fresh, known }: Circumstances,
): string[] {
  const { headers } = received;
  const isStale = headers.has("warning");
  if (isStale && !remembered.some(mayLeaveOld)) return ["a stale answer for no reason"];
  const digest = headers.get("docker-content-digest");
  const manifest = (isStale ? known : fresh).find((one) => one.digest === digest);
  if (manifest === undefined) return [`the tag did not point to ${digest}`];
  const right: Right = { ...manifest, status: 200, type: manifest.mediaType };
  const wrongs = judgeRight(request, right, received);
  // A wrong length in the upstream's answer to HEAD is trusted for as long as its digest.
  const mayBeWrong = has(isStale ? ever : remembered, "as sent");
  return wrongs.filter((wrong) => !(mayBeWrong && wrong.startsWith("content-length is")));
}

/** Whether an old answer may replace the result. */
function mayLeaveOld(one: Possible): boolean {
  return one.kind === "stale" || (one.kind === "fails" && isSurvived(one));
}

/** Whether the result is that there are no referrers. */
function isNone(one: Possible): boolean {
  return one.kind === "fails" && one.code === "MANIFEST_UNKNOWN";
}

export function has(possible: readonly Possible[], kind: Possible["kind"]): boolean {
  return possible.some((one) => one.kind === kind);
}
