import type { Call } from "./calls.ts";
import { AS_SENT, BREAKS, type Effect, final, instead, NONE, passing, STALLS } from "./effects.ts";
import type { FaultKind } from "./faults.ts";

/** Which fault of which call has which effect, by which case of docs/request-handling.md. */
export interface Rule {
  readonly cases: string;
  /** Every call unless said. */
  readonly calls?: readonly Call[];
  /** Every kind unless said. */
  readonly kinds?: readonly FaultKind[];
  /** Every status unless said; for faults of kind `status`. */
  readonly statuses?: readonly number[];
  /** Whether the mirror has an account; either unless said. */
  readonly hasAccount?: boolean;
  readonly effect: Effect;
}

const MANIFEST: readonly Call[] = ["manifest HEAD", "manifest GET"];
const BLOB: readonly Call[] = ["blob HEAD", "blob GET"];
const LISTS: readonly Call[] = ["tags", "referrers"];
const STORAGE: readonly Call[] = ["storage HEAD", "storage GET", "storage part", "storage probe"];
const HEADS: readonly Call[] = ["manifest HEAD", "storage HEAD"];
/** Those whose bodies do not matter. */
const BODILESS: readonly Call[] = ["challenge", ...HEADS, ...BLOB, "storage probe"];
const BROKEN: readonly FaultKind[] = ["cut", "truncated", "told more"];
const LATE: readonly FaultKind[] = ["stuck", "slow"];
const WRONG: readonly FaultKind[] = ["told less", "changed", "page"];
const UNAVAILABLE = final(502, "UNAVAILABLE");
const MANIFEST_UNKNOWN = final(404, "MANIFEST_UNKNOWN");
const BLOB_UNKNOWN = final(404, "BLOB_UNKNOWN");
const NAME_UNKNOWN = final(404, "NAME_UNKNOWN");

/** The contract as far as faults go. The first rule that fits decides. */
export const RULES: readonly Rule[] = [
  { cases: "G5a", kinds: ["unreachable once"], effect: NONE },
  { cases: "35 36", kinds: ["unreachable", "failing"], effect: passing(502) },
  { cases: "G5 35 36", kinds: ["silent"], effect: passing(504) },
  { cases: "33 34", kinds: ["limited"], effect: passing(429) },
  { cases: "23", kinds: ["expired once"], effect: NONE },

  // Only what a 401 demands counts; the registry itself says it again where it is needed.
  { cases: "28", calls: ["challenge"], effect: NONE },
  {
    cases: "12 24",
    calls: HEADS,
    kinds: ["told more", "told less"],
    effect: AS_SENT,
  },
  { cases: "24", calls: BLOB, kinds: ["mislabelled", "encoded"], effect: NONE },
  { cases: "19 24", calls: BODILESS, kinds: [...BROKEN, ...LATE], effect: NONE },
  { cases: "19 24", calls: BODILESS, kinds: ["told less", "changed"], effect: NONE },

  { cases: "28", calls: ["token"], kinds: ["mislabelled", "encoded"], effect: NONE },
  { cases: "G5 36", calls: ["token"], kinds: LATE, effect: passing(504) },
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
  { cases: "35 36", calls: ["token"], effect: passing(502) },

  { cases: "19", kinds: ["astray"], effect: UNAVAILABLE },
  { cases: "13", calls: ["manifest HEAD"], statuses: [405], effect: instead("manifest GET") },
  {
    cases: "13",
    calls: ["manifest HEAD"],
    kinds: ["page", "mislabelled", "encoded"],
    effect: instead("manifest GET"),
  },
  { cases: "26", calls: MANIFEST, statuses: [404, 410], effect: MANIFEST_UNKNOWN },
  { cases: "27", calls: [...BLOB, ...STORAGE], statuses: [404], effect: BLOB_UNKNOWN },
  {
    cases: "24",
    calls: ["blob HEAD"],
    kinds: ["status"],
    effect: instead("blob GET"),
  },
  {
    cases: "24",
    calls: ["storage HEAD"],
    kinds: ["status"],
    effect: instead("storage probe"),
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
  { cases: "28 35", calls: MANIFEST, statuses: [400], effect: passing(502) },
  { cases: "36", kinds: ["status"], effect: UNAVAILABLE },

  { cases: "13 37 41", kinds: ["mislabelled", "encoded"], effect: NONE },
  { cases: "G5 35 36", calls: [...MANIFEST, ...LISTS], kinds: LATE, effect: passing(504) },
  { cases: "35 36", calls: [...MANIFEST, ...LISTS], kinds: BROKEN, effect: passing(502) },
  { cases: "17", calls: MANIFEST, kinds: WRONG, effect: UNAVAILABLE },
  { cases: "36", calls: LISTS, kinds: WRONG, effect: UNAVAILABLE },

  { cases: "20", calls: ["storage part"], kinds: ["told less", "told more"], effect: UNAVAILABLE },
  // A streamed blob is the client's to check: it alone has all of it.
  { cases: "25", calls: STORAGE, kinds: BROKEN, effect: BREAKS },
  { cases: "25", calls: STORAGE, kinds: ["stuck"], effect: STALLS },
  { cases: "19 20", calls: STORAGE, kinds: ["slow"], effect: NONE },
  { cases: "19 22", calls: [...BLOB, ...STORAGE], kinds: WRONG, effect: AS_SENT },
];
