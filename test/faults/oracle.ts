import type { Call } from "./tables/calls.ts";
import type { Effect, Failure } from "./tables/effects.ts";
import type { Fault } from "./tables/faults.ts";
import { type Place, strikes } from "./tables/places.ts";
import { MANIFEST, MOVED, type RequestKind, type Right } from "./tables/requests.ts";
import { RULES, type Rule } from "./tables/rules.ts";
import { type Knowledge, knowledgeIn, type State } from "./tables/states.ts";

/** One thing that goes wrong, in one state of the caches, for one request. */
export interface Cell {
  readonly place: Place;
  readonly fault: Fault;
  readonly state: State;
  readonly request: RequestKind;
}

/** What must come of a cell. */
export interface Expectation {
  readonly outcome: Outcome;
  /** Whether the request needs a call that goes wrong. */
  readonly isStruck: boolean;
}

export type Outcome =
  /** As if nothing had happened. */
  | { readonly kind: "right"; readonly right: Right }
  /** The last answer that is known, with a warning. */
  | { readonly kind: "stale"; readonly right: Right }
  | Exclude<Effect, { kind: "none" | "instead" }>;

/** @returns what the contract says of the cell. */
export function predict({ place, fault, state, request }: Cell): Expectation {
  const knowledge = knowledgeIn(state);
  const hasAccount = !state.isAnonymous;
  const calls = callsOf(request, knowledge, state);
  let isStruck = false;
  for (let call = calls.shift(); call !== undefined; call = calls.shift()) {
    if (!strikes(place, call)) continue;
    isStruck = true;
    const effect = effectOf(call, fault, hasAccount);
    if (effect.kind === "instead") calls.unshift(effect.call);
    else if (effect.kind === "fails")
      return { outcome: standIn(effect, request, knowledge), isStruck };
    else if (effect.kind !== "none" && !isPreliminary(call, request))
      return { outcome: effect, isStruck };
  }
  return { outcome: { kind: "right", right: rightOf(request, state) }, isStruck };
}

/** What a healthy mirror answers. */
export function rightOf({ subject, right }: RequestKind, { hasMoved }: State): Right {
  return subject === "tag" && hasMoved ? MOVED : right;
}

/**
 * @returns the calls that the request needs, in order, given what is known (cases 10, 11, 14, 19,
 * 24, 28).
 */
export function callsOf(
  request: RequestKind,
  knowledge: Knowledge,
  { hasMoved }: Pick<State, "hasMoved">,
): Call[] {
  const { subject, method } = request;
  const { challenge, token, tag, manifest, blob, largeBlob } = knowledge;
  const isHead = method === "HEAD";
  const handshake: Call[] = [
    ...(challenge ? [] : ["challenge" as const]),
    ...(token ? [] : ["token" as const]),
  ];
  switch (subject) {
    case "ping":
      return [];
    case "tag": {
      if (tag === "fresh") return [];
      const isAtHand = isHead || (manifest && !hasMoved);
      return [...handshake, "manifest HEAD", ...(isAtHand ? [] : (["manifest GET"] as const))];
    }
    case "digest":
      return manifest ? [] : [...handshake, isHead ? "manifest HEAD" : "manifest GET"];
    case "blob":
      return blob ? [] : [...handshake, ...blobCalls(request)];
    case "large blob":
      return largeBlob ? [] : [...handshake, ...blobCalls(request)];
    case "tags":
    case "referrers":
      return [...handshake, subject];
  }
}

function blobCalls({ method, range }: RequestKind): Call[] {
  if (method === "HEAD") return ["blob HEAD", "storage HEAD"];
  return ["blob GET", range === undefined ? "storage GET" : "storage part"];
}

/** @returns what the fault of the call comes to. */
export function effectOf(call: Call, fault: Fault, hasAccount: boolean): Effect {
  const rule = RULES.find((one) => fits(one, call, fault, hasAccount));
  if (rule === undefined) throw new Error(`No rule for ${fault.name} of ${call}.`);
  return rule.effect;
}

function fits(rule: Rule, call: Call, { kind, status = 0 }: Fault, hasAccount: boolean): boolean {
  const isOfKind = rule.kinds?.includes(kind) ?? true;
  const isOfStatus =
    rule.statuses === undefined || (kind === "status" && rule.statuses.includes(status));
  const isOfAccount = rule.hasAccount === undefined || rule.hasAccount === hasAccount;
  return isOfKind && isOfStatus && isOfAccount && (rule.calls?.includes(call) ?? true);
}

/** Whether it does not matter: what a GET of a tag learns by HEAD but the digest is not answered. */
export function isPreliminary(call: Call, { method }: RequestKind): boolean {
  return call === "manifest HEAD" && method === "GET";
}

/** Cases 33 and 35: a tag that was known answers in place of a failure that may pass. */
function standIn(failure: Failure, { subject }: RequestKind, { tag }: Knowledge): Outcome {
  const isKnown = subject === "tag" && tag !== "unknown";
  return failure.isPassing && isKnown ? { kind: "stale", right: MANIFEST } : failure;
}
