import { type Call, type Case, type Fault, type FaultKind, strikes } from "./faults.ts";
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
  /** Whether the upstream fails for now. */
  readonly isTransient: boolean;
  /** Whether it rejects the mirror, which says nothing about an image that was public before. */
  readonly isRejection: boolean;
}

const NONE: Effect = { kind: "none" };
const AS_SENT: Effect = { kind: "as sent" };
const BREAKS: Effect = { kind: "breaks" };
const STALLS: Effect = { kind: "stalls" };

function instead(call: Call): Effect {
  return { kind: "instead", call };
}

/** A failure that a known tag survives. */
export function transient(status: 429 | 502 | 503 | 504): Failure {
  const code = status === 429 ? "TOOMANYREQUESTS" : "UNAVAILABLE";
  return { kind: "fails", status, code, isTransient: true, isRejection: false };
}

/** A failure that a known tag of an official image survives. */
function rejection(status: number, code: string): Failure {
  return { kind: "fails", status, code, isTransient: false, isRejection: true };
}

/** A failure whatever is cached. */
function final(status: number, code: string): Failure {
  return { kind: "fails", status, code, isTransient: false, isRejection: false };
}

/** @returns whether the last cached answer replaces the failure. */
export function isSurvived({ isTransient, isRejection }: Failure): boolean {
  return isTransient || isRejection;
}

/** The calls and faults that a rule is about; what is not set does not matter. */
interface Condition {
  readonly calls?: readonly Call[];
  readonly kinds?: readonly FaultKind[];
  /** Of faults of kind `status`. */
  readonly statuses?: readonly number[];
  /** Whether the mirror has an account. */
  readonly hasAccount?: boolean;
}

/** The effect of a fault on a call, by cases of docs/request-handling.md. */
type Rule = readonly [cases: string, Condition, Effect];

const MANIFEST: readonly Call[] = ["manifest HEAD", "manifest GET"];
const BLOB: readonly Call[] = ["blob HEAD", "blob GET"];
const LISTS: readonly Call[] = ["tags", "referrers"];
const STORAGE: readonly Call[] = ["storage HEAD", "storage GET", "storage part", "storage probe"];
const HEADS: readonly Call[] = ["manifest HEAD", "storage HEAD"];
/** Calls whose bodies do not matter. */
const BODILESS: readonly Call[] = ["challenge", ...HEADS, ...BLOB, "storage probe"];
/** Calls whose bodies are read as a whole before the mirror answers. */
const READ: readonly Call[] = ["token", "manifest GET", ...LISTS];
const BROKEN: readonly FaultKind[] = ["cut", "truncated", "length too large"];
const LATE: readonly FaultKind[] = ["stuck", "slow"];
const WRONG: readonly FaultKind[] = ["length too small", "changed", "page"];
const UNAVAILABLE = final(502, "UNAVAILABLE");
const MANIFEST_UNKNOWN = final(404, "MANIFEST_UNKNOWN");
const BLOB_UNKNOWN = final(404, "BLOB_UNKNOWN");
const NAME_UNKNOWN = final(404, "NAME_UNKNOWN");
const HIDDEN = rejection(404, "NAME_UNKNOWN");
const NO_REFERRERS = rejection(404, "MANIFEST_UNKNOWN");
const ACCOUNT_REJECTED = rejection(403, "DENIED");

/** The contract as far as faults are concerned. The first rule that matches applies. */
const RULES: readonly Rule[] = [
  ["G5a", { kinds: ["unreachable once"] }, NONE],
  ["35 36", { kinds: ["unreachable", "failing"] }, transient(502)],
  ["G5 35 36", { kinds: ["silent"] }, transient(504)],
  ["33 34", { kinds: ["limited"] }, transient(429)],
  ["23", { kinds: ["expired once"] }, NONE],
  ["17b", { calls: READ, kinds: ["truncated once"] }, NONE],

  // Only the challenge of a 401 matters; the registry repeats it where it is needed.
  ["28", { calls: ["challenge"] }, NONE],
  ["12 24", { calls: HEADS, kinds: ["length too large", "length too small"] }, AS_SENT],
  ["24", { calls: BLOB, kinds: ["mislabelled", "encoded"] }, NONE],
  ["19 24", { calls: BODILESS, kinds: [...BROKEN, "truncated once", ...LATE] }, NONE],
  ["19 24", { calls: BODILESS, kinds: ["length too small", "changed"] }, NONE],

  ["28", { calls: ["token"], kinds: ["mislabelled", "encoded"] }, NONE],
  ["G5 36", { calls: ["token"], kinds: LATE }, transient(504)],
  ["31a", { calls: ["token"], statuses: [401, 403], hasAccount: true }, ACCOUNT_REJECTED],
  ["29a", { calls: ["token"], statuses: [401], hasAccount: false }, HIDDEN],
  ["29", { calls: ["token"], statuses: [403], hasAccount: false }, NAME_UNKNOWN],
  ["35 36", { calls: ["token"] }, transient(502)],

  ["41a", { calls: ["referrers"], kinds: ["redirect error", ...WRONG] }, MANIFEST_UNKNOWN],
  ["19", { kinds: ["redirect error"] }, UNAVAILABLE],
  ["13", { calls: ["manifest HEAD"], statuses: [405] }, instead("manifest GET")],
  [
    "13",
    { calls: ["manifest HEAD"], kinds: ["page", "mislabelled", "encoded"] },
    instead("manifest GET"),
  ],
  ["26", { calls: MANIFEST, statuses: [404, 410] }, MANIFEST_UNKNOWN],
  ["27", { calls: [...BLOB, ...STORAGE], statuses: [404] }, BLOB_UNKNOWN],
  ["24", { calls: ["blob HEAD"], kinds: ["status"] }, instead("blob GET")],
  ["24", { calls: ["storage HEAD"], kinds: ["status"] }, instead("storage probe")],
  ["23", { calls: STORAGE, kinds: ["status"] }, UNAVAILABLE],
  ["27", { calls: ["blob GET"], statuses: [410] }, BLOB_UNKNOWN],
  ["40", { calls: ["tags"], statuses: [404, 410] }, NAME_UNKNOWN],
  ["43", { calls: ["referrers"], statuses: [304, 400, 403, 404, 405, 410] }, MANIFEST_UNKNOWN],
  ["43", { calls: ["referrers"], statuses: [401] }, NO_REFERRERS],
  ["29a", { statuses: [401] }, HIDDEN],
  ["30", { statuses: [403] }, final(403, "DENIED")],
  ["28 35 37a", { calls: [...MANIFEST, "tags"], statuses: [400] }, transient(502)],
  ["36", { kinds: ["status"] }, UNAVAILABLE],

  ["13 37 41", { kinds: ["mislabelled", "encoded"] }, NONE],
  ["G5 35 36", { calls: [...MANIFEST, ...LISTS], kinds: LATE }, transient(504)],
  ["35 36", { calls: [...MANIFEST, ...LISTS], kinds: BROKEN }, transient(502)],
  ["17", { calls: MANIFEST, kinds: WRONG }, UNAVAILABLE],
  ["36", { calls: ["tags"], kinds: WRONG }, UNAVAILABLE],

  ["20", { calls: ["storage part"], kinds: ["length too small", "length too large"] }, UNAVAILABLE],
  // Only the client can verify a streamed blob: it alone has all of it.
  ["25", { calls: STORAGE, kinds: BROKEN }, BREAKS],
  ["25", { calls: STORAGE, kinds: ["stuck"] }, STALLS],
  ["19 20", { calls: STORAGE, kinds: ["slow"] }, NONE],
  ["19 22", { calls: [...BLOB, ...STORAGE], kinds: WRONG }, AS_SENT],
];

/** @returns the effect of the fault on the call. */
export function effectOf(call: Call, { kind, status = 0, name }: Fault, hasAccount = true): Effect {
  for (const [, { calls, kinds, statuses, ...account }, effect] of RULES) {
    if (!(calls?.includes(call) ?? true) || !(kinds?.includes(kind) ?? true)) continue;
    if (statuses && !(kind === "status" && statuses.includes(status))) continue;
    if ((account.hasAccount ?? hasAccount) === hasAccount) return effect;
  }
  throw new Error(`No rule for ${name} of ${call}.`);
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
  let calls = callsFor(request, knowledge, state.hasMoved);
  let isUrlKnown = knowsUrl(request, knowledge);
  let isStruck = false;
  for (let call = calls.shift(); call !== undefined; call = calls.shift()) {
    if (!strikes(place, call)) continue;
    isStruck = true;
    const hasAccount = !state.isAnonymous;
    const effect = effectOf(call, fault, hasAccount);
    if (knowledge.token && strikes(place, "token") && isRenewal(call, fault)) {
      const renewal = effectOf("token", fault, hasAccount);
      if (renewal.kind === "fails") return { outcome: renewal, isStruck };
    }
    if (isUrlKnown && effect.kind === "fails") {
      isUrlKnown = false;
      calls = callsFor(request, { ...knowledge, largeBlobUrl: false });
    } else if (call === "challenge" && hidesChallenge(fault)) {
      calls = calls.filter((later) => later !== "token");
    } else if (call === "token" && strikes(place, "challenge") && isForgotten(effect, fault)) {
      // The mirror takes the registry for one that demands no token.
    } else if (effect.kind === "instead") calls.unshift(effect.call);
    else if (effect.kind === "fails") {
      // Cases 11a, 29a, 31a, 33 and 35: a known tag answers with its last manifest.
      const isKnown = request.subject === "tag" && knowledge.tag !== "unknown";
      const isStale = isSurvived(effect) && isKnown;
      return { outcome: isStale ? { kind: "stale", right: KNOWN } : effect, isStruck };
    } else if (effect.kind !== "none" && !isOnlyForDigest(call, request, calls)) {
      return { outcome: effect, isStruck };
    }
  }
  return { outcome: { kind: "right", right: rightOf(request, state) }, isStruck };
}

/** Whether the fault replaces a challenge by a response without one. */
function hidesChallenge({ kind, headers }: Fault): boolean {
  const isReplaced = kind === "page" || kind === "redirect error" || kind === "status";
  return isReplaced && headers?.["www-authenticate"] === undefined;
}

/** Case 28: when the token service fails, the mirror asks the registry for its challenge again. */
function isForgotten(effect: Effect, fault: Fault): boolean {
  const isUnavailable = effect.kind === "fails" && effect.isTransient && effect.status !== 429;
  return isUnavailable && hidesChallenge(fault);
}

/** Case 28: whether the registry seems to refuse a cached token, so that a new one is requested. */
function isRenewal(call: Call, { kind, status }: Fault): boolean {
  const isRefusal = kind === "status" && (status === 400 || status === 401);
  return isRefusal && (MANIFEST.includes(call) || LISTS.includes(call) || call === "blob GET");
}

/** @returns the answer of a healthy mirror. */
export function rightOf({ subject, right }: RequestKind, { hasMoved }: State): Right {
  return subject === "tag" && hasMoved ? MOVED : right;
}

/**
 * @returns the calls that the request needs, in order, given what is cached (cases 11, 12, 12a, 15,
 * 21, 26, 29).
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
      if (largeBlob) return [];
      return knowsUrl(request, knowledge) ? ["storage GET"] : [...handshake, ...blobCalls(request)];
    case "tags":
    case "referrers":
      return [...handshake, subject];
  }
}

/** Whether the request can go to the storage at once. */
function knowsUrl({ subject }: RequestKind, { largeBlob, largeBlobUrl }: Knowledge): boolean {
  return subject === "large blob" && !largeBlob && largeBlobUrl;
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
