/** How a store fails. */
export const STORE_FAILURES = [
  "KV fails to read",
  "KV fails to write",
  "KV hangs",
  "KV has garbage",
  "edge throws",
  "edge hangs",
  "R2 fails to read",
  "R2 fails to write",
  "R2 hangs",
] as const;
export type StoreFailure = (typeof STORE_FAILURES)[number];

/** The state of the caches, and their failures, when a request arrives. */
export interface State {
  readonly name: string;
  /** Whether the tag, its manifest and blobs have been pulled before. */
  readonly isWarm?: boolean;
  /** Whether the tag has moved to another manifest since. */
  readonly hasMoved?: boolean;
  /** Whether whole blobs are archived in R2, else at the edge. */
  readonly hasBucket?: boolean;
  /** Whether it arrives at another data centre than the pull before: memory and edge are empty. */
  readonly isElsewhere?: boolean;
  /** Seconds since then. */
  readonly ageSeconds?: number;
  readonly failures?: readonly StoreFailure[];
  /** Whether the mirror has no account; else it has one. */
  readonly isAnonymous?: boolean;
}

/** Longer than a tag is fresh and a token lives. */
const STALE_SECONDS = 300;
const STALE = { isWarm: true, ageSeconds: STALE_SECONDS };
const ELSEWHERE = { ...STALE, isElsewhere: true };
const READ_LOST: readonly StoreFailure[] = ["KV fails to read", "KV hangs", "KV has garbage"];
const BUCKET_LOST: readonly StoreFailure[] = ["R2 fails to read", "R2 hangs"];
const EDGE_LOST: readonly StoreFailure[] = ["edge throws", "edge hangs"];

export const STATES: readonly State[] = [
  { name: "cold" },
  { name: "cold, without an account", isAnonymous: true },
  { name: "fresh", isWarm: true },
  { name: "stale", ...STALE },
  { name: "stale, elsewhere", ...ELSEWHERE },
  { name: "stale, the tag has moved", ...STALE, hasMoved: true },
  { name: "cold, KV fails to read", failures: ["KV fails to read"] },
  { name: "stale, KV fails to read", ...STALE, failures: ["KV fails to read"] },
  { name: "cold, KV fails to write", failures: ["KV fails to write"] },
  { name: "stale, KV fails to write", ...STALE, failures: ["KV fails to write"] },
  { name: "cold, KV hangs", failures: ["KV hangs"] },
  { name: "stale, KV hangs", ...STALE, failures: ["KV hangs"] },
  { name: "KV has garbage", ...ELSEWHERE, failures: ["KV has garbage"] },
  { name: "cold, edge throws", failures: ["edge throws"] },
  { name: "stale, elsewhere, edge throws", ...ELSEWHERE, failures: ["edge throws"] },
  { name: "stale, edge hangs", ...STALE, failures: ["edge hangs"] },
  { name: "stale, both fail", ...STALE, failures: ["KV fails to read", "edge throws"] },
  { name: "cold, R2", hasBucket: true },
  { name: "stale, elsewhere, R2", ...ELSEWHERE, hasBucket: true },
  { name: "cold, R2 fails to write", hasBucket: true, failures: ["R2 fails to write"] },
  { name: "R2 fails to read", ...ELSEWHERE, hasBucket: true, failures: ["R2 fails to read"] },
  { name: "cold, R2 hangs", hasBucket: true, failures: ["R2 hangs"] },
  { name: "R2 hangs", ...ELSEWHERE, hasBucket: true, failures: ["R2 hangs"] },
];

/** What a mirror in the state has cached, by docs/caching.md. */
export interface Knowledge {
  readonly challenge: boolean;
  readonly token: boolean;
  readonly tag: "unknown" | "fresh" | "stale";
  readonly manifest: boolean;
  readonly blob: boolean;
  readonly largeBlob: boolean;
  /** Whether the signed URL of the large blob is known and valid. */
  readonly largeBlobUrl: boolean;
}

export function knowledgeIn(state: State): Knowledge {
  const { isWarm = false, hasBucket = false, isElsewhere = false, failures = [] } = state;
  const isNear = isWarm && !isElsewhere;
  const isLost = (lost: readonly StoreFailure[]) =>
    failures.some((failure) => lost.includes(failure));
  const isInKv = isWarm && !isLost(READ_LOST);
  const isArchived = hasBucket ? isWarm && !isLost(BUCKET_LOST) : isNear && !isLost(EDGE_LOST);
  const isKept = isNear || isInKv;
  const isFresh = (state.ageSeconds ?? 0) < STALE_SECONDS;
  return {
    challenge: isNear,
    token: isKept && isFresh,
    tag: isKept ? (isFresh ? "fresh" : "stale") : "unknown",
    manifest: isKept,
    blob: isNear || isArchived,
    largeBlob: isArchived,
    largeBlobUrl: isNear,
  };
}
