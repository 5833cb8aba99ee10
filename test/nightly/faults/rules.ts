import type { Call, Case, Fault, FaultKind } from "./faults.ts";
import { strikes } from "./faults.ts";
import { MANIFEST as KNOWN, MOVED, type RequestKind, type Right } from "./requests.ts";
import { type Knowledge, knowledgeIn, type State } from "./states.ts";

/** The consequence of a fault for the call that it strikes. */
export type Effect =
  /** The call succeeds as if nothing had happened. */
  | { readonly kind: "none" }
  /** Another kind of call is made instead. */
  | { readonly kind: "instead"; readonly call: Call }
  /** The upstream's bytes are passed on unchanged: only the client can tell that they are wrong. */
  | { readonly kind: "as sent" }
  /** The answer begins and then breaks. */
  | { readonly kind: "breaks" }
  /** The answer begins and stalls for as long as the upstream does. */
  | { readonly kind: "stalls" }
  | Failure;

/** An error. */
export interface Failure {
  readonly kind: "fails";
  readonly status: number;
  readonly code: string;
  /** Whether a known tag is answered with its last manifest instead. */
  readonly isTransient: boolean;
}

const NONE: Effect = { kind: "none" };
const AS_SENT: Effect = { kind: "as sent" };

/** A failure that a known tag survives. */
export function transient(status: 429 | 502 | 503 | 504): Failure {
  const code = status === 429 ? "TOOMANYREQUESTS" : "UNAVAILABLE";
  return { kind: "fails", status, code, isTransient: true };
}

/** A failure whatever is cached. */
function final(status: number, code: string): Failure {
  return { kind: "fails", status, code, isTransient: false };
}

/** The effect of a fault on a call, by the case of docs/request-handling.md. */
interface Rule {
  readonly cases: string;
  /** Every call unless set. */
  readonly calls?: readonly Call[];
  /** Every kind unless set. */
  readonly kinds?: readonly FaultKind[];
  /** Every status unless set; for faults of kind `status`. */
  readonly statuses?: readonly number[];
  /** Whether the mirror has an account; either unless set. */
  readonly hasAccount?: boolean;
  readonly effect: Effect;
}

const MANIFEST: readonly Call[] = ["manifest HEAD", "manifest GET"];
const BLOB: readonly Call[] = ["blob HEAD", "blob GET"];
const LISTS: readonly Call[] = ["tags", "referrers"];
const STORAGE: readonly Call[] = ["storage HEAD", "storage GET", "storage part", "storage probe"];
const HEADS: readonly Call[] = ["manifest HEAD", "storage HEAD"];
/** Calls whose bodies do not matter. */
const BODILESS: readonly Call[] = ["challenge", ...HEADS, ...BLOB, "storage probe"];
const BROKEN: readonly FaultKind[] = ["cut", "truncated", "length too large"];
const LATE: readonly FaultKind[] = ["stuck", "slow"];
const WRONG: readonly FaultKind[] = ["length too small", "changed", "page"];
const UNAVAILABLE = final(502, "UNAVAILABLE");
const MANIFEST_UNKNOWN = final(404, "MANIFEST_UNKNOWN");
const BLOB_UNKNOWN = final(404, "BLOB_UNKNOWN");
const NAME_UNKNOWN = final(404, "NAME_UNKNOWN");

/** The contract as far as faults are concerned. The first rule that matches applies. */
const RULES: readonly Rule[] = [
  { cases: "G5a", kinds: ["unreachable once"], effect: NONE },
  { cases: "35 36", kinds: ["unreachable", "failing"], effect: transient(502) },
  { cases: "G5 35 36", kinds: ["silent"], effect: transient(504) },
  { cases: "33 34", kinds: ["limited"], effect: transient(429) },
  { cases: "23", kinds: ["expired once"], effect: NONE },

  // Only the challenge of a 401 matters; the registry repeats it where it is needed.
  { cases: "28", calls: ["challenge"], effect: NONE },
  {
    cases: "12 24",
    calls: HEADS,
    kinds: ["length too large", "length too small"],
    effect: AS_SENT,
  },
  { cases: "24", calls: BLOB, kinds: ["mislabelled", "encoded"], effect: NONE },
  { cases: "19 24", calls: BODILESS, kinds: [...BROKEN, ...LATE], effect: NONE },
  { cases: "19 24", calls: BODILESS, kinds: ["length too small", "changed"], effect: NONE },

  { cases: "28", calls: ["token"], kinds: ["mislabelled", "encoded"], effect: NONE },
  { cases: "G5 36", calls: ["token"], kinds: LATE, effect: transient(504) },
  {
    cases: "31",
    calls: ["token"],
    statuses: [401, 403],
    hasAccount: true,
    effect: UNAVAILABLE,
  },
  {
    cases: "29",
    calls: ["token"],
    statuses: [401, 403],
    hasAccount: false,
    effect: NAME_UNKNOWN,
  },
  { cases: "35 36", calls: ["token"], effect: transient(502) },

  { cases: "19", kinds: ["redirect error"], effect: UNAVAILABLE },
  {
    cases: "13",
    calls: ["manifest HEAD"],
    statuses: [405],
    effect: { kind: "instead", call: "manifest GET" },
  },
  {
    cases: "13",
    calls: ["manifest HEAD"],
    kinds: ["page", "mislabelled", "encoded"],
    effect: { kind: "instead", call: "manifest GET" },
  },
  { cases: "26", calls: MANIFEST, statuses: [404, 410], effect: MANIFEST_UNKNOWN },
  { cases: "27", calls: [...BLOB, ...STORAGE], statuses: [404], effect: BLOB_UNKNOWN },
  {
    cases: "24",
    calls: ["blob HEAD"],
    kinds: ["status"],
    effect: { kind: "instead", call: "blob GET" },
  },
  {
    cases: "24",
    calls: ["storage HEAD"],
    kinds: ["status"],
    effect: { kind: "instead", call: "storage probe" },
  },
  { cases: "23", calls: STORAGE, kinds: ["status"], effect: UNAVAILABLE },
  { cases: "27", calls: ["blob GET"], statuses: [410], effect: BLOB_UNKNOWN },
  { cases: "40", calls: ["tags"], statuses: [404, 410], effect: NAME_UNKNOWN },
  {
    cases: "42",
    calls: ["referrers"],
    statuses: [400, 404, 405, 410],
    effect: MANIFEST_UNKNOWN,
  },
  { cases: "29", statuses: [401], effect: NAME_UNKNOWN },
  { cases: "30", statuses: [403], effect: final(403, "DENIED") },
  { cases: "28 35", calls: MANIFEST, statuses: [400], effect: transient(502) },
  { cases: "36", kinds: ["status"], effect: UNAVAILABLE },

  { cases: "13 37 41", kinds: ["mislabelled", "encoded"], effect: NONE },
  { cases: "G5 35 36", calls: [...MANIFEST, ...LISTS], kinds: LATE, effect: transient(504) },
  { cases: "35 36", calls: [...MANIFEST, ...LISTS], kinds: BROKEN, effect: transient(502) },
  { cases: "17", calls: MANIFEST, kinds: WRONG, effect: UNAVAILABLE },
  { cases: "36", calls: LISTS, kinds: WRONG, effect: UNAVAILABLE },

  {
    cases: "20",
    calls: ["storage part"],
    kinds: ["length too small", "length too large"],
    effect: UNAVAILABLE,
  },
  // Only the client can verify a streamed blob: it alone has all of it.
  { cases: "25", calls: STORAGE, kinds: BROKEN, effect: { kind: "breaks" } },
  { cases: "25", calls: STORAGE, kinds: ["stuck"], effect: { kind: "stalls" } },
  { cases: "19 20", calls: STORAGE, kinds: ["slow"], effect: NONE },
  { cases: "19 22", calls: [...BLOB, ...STORAGE], kinds: WRONG, effect: AS_SENT },
];

/** @returns the effect of the fault on the call. */
export function effectOf(call: Call, { kind, status = 0, name }: Fault, hasAccount = true): Effect {
  const rule = RULES.find(
    (one) =>
      (one.calls?.includes(call) ?? true) &&
      (one.kinds?.includes(kind) ?? true) &&
      (one.statuses === undefined || (kind === "status" && one.statuses.includes(status))) &&
      (one.hasAccount ?? hasAccount) === hasAccount,
  );
  if (rule === undefined) throw new Error(`No rule for ${name} of ${call}.`);
  return rule.effect;
}

/** One fault, in one state of the caches, for one request. */
export interface Cell extends Case {
  readonly state: State;
  readonly request: RequestKind;
}

/** The expected result of a cell. */
export type Outcome =
  /** As if nothing had happened. */
  | { readonly kind: "right"; readonly right: Right }
  /** The last known manifest, with a warning. */
  | { readonly kind: "stale"; readonly right: Right }
  | Exclude<Effect, { kind: "none" | "instead" }>;

/** @returns the outcome of the cell by the contract, and whether the fault strikes at all. */
export function predict({ place, fault, state, request }: Cell): {
  readonly outcome: Outcome;
  readonly isStruck: boolean;
} {
  const knowledge = knowledgeIn(state);
  const calls = callsFor(request, knowledge, state.hasMoved);
  let isStruck = false;
  for (let call = calls.shift(); call !== undefined; call = calls.shift()) {
    if (!strikes(place, call)) continue;
    isStruck = true;
    const effect = effectOf(call, fault, !state.isAnonymous);
    if (effect.kind === "instead") calls.unshift(effect.call);
    else if (effect.kind === "fails") {
      // Cases 11a, 33 and 35: a known tag answers with its last manifest.
      const isKnown = request.subject === "tag" && knowledge.tag !== "unknown";
      const isStale = effect.isTransient && isKnown;
      return { outcome: isStale ? { kind: "stale", right: KNOWN } : effect, isStruck };
    } else if (effect.kind !== "none" && !isOnlyForDigest(call, request, calls)) {
      return { outcome: effect, isStruck };
    }
  }
  return { outcome: { kind: "right", right: rightOf(request, state) }, isStruck };
}

/** @returns the answer of a healthy mirror. */
export function rightOf({ subject, right }: RequestKind, { hasMoved }: State): Right {
  return subject === "tag" && hasMoved ? MOVED : right;
}

/**
 * @returns the calls that the request needs, in order, given what is cached (cases 10, 11, 11a, 14,
 * 19, 24, 28).
 */
export function callsFor(request: RequestKind, knowledge: Knowledge, hasMoved = false): Call[] {
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
      // HEAD announces a moved tag only once its new manifest is cached, if an older one is.
      const needsManifest = manifest ? hasMoved : !isHead;
      return [...handshake, "manifest HEAD", ...(needsManifest ? ["manifest GET" as const] : [])];
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

/** Whether the call is a HEAD whose digest alone counts: its length and type are not answered. */
export function isOnlyForDigest(
  call: Call,
  { method }: RequestKind,
  later: readonly Call[],
): boolean {
  return call === "manifest HEAD" && (method === "GET" || later.includes("manifest GET"));
}
