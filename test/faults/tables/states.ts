/** What a store does instead of its work. */
export type StoreFailure =
  | "KV fails to read"
  | "KV fails to write"
  | "KV hangs"
  | "KV has garbage"
  | "edge throws"
  | "edge hangs";

/** What the caches have, and what is wrong with them, when a request comes. */
export interface State {
  readonly name: string;
  /** Whether the tag, its manifest and a small blob have been pulled before. */
  readonly isWarm?: boolean;
  /** Whether the tag has been moved to another manifest since. */
  readonly hasMoved?: boolean;
  /** Whether it comes to another data centre than the pull before: memory and edge are empty. */
  readonly isElsewhere?: boolean;
  /** Since then. */
  readonly ageSeconds?: number;
  readonly failures?: readonly StoreFailure[];
  /** Whether the mirror has no account; else it has one. */
  readonly isAnonymous?: boolean;
}

/** Longer than a tag is fresh and a token lives. */
const STALE_SECONDS = 300;
const STALE = { isWarm: true, ageSeconds: STALE_SECONDS };

/** A store that is added to the mirror has its rows here: cold and stale, for each way to fail. */
export const STATES: readonly State[] = [
  { name: "cold" },
  { name: "cold, without an account", isAnonymous: true },
  { name: "fresh", isWarm: true },
  { name: "stale", ...STALE },
  { name: "stale, elsewhere", ...STALE, isElsewhere: true },
  { name: "stale, the tag has moved", ...STALE, hasMoved: true },
  { name: "cold, KV fails to read", failures: ["KV fails to read"] },
  { name: "stale, KV fails to read", ...STALE, failures: ["KV fails to read"] },
  { name: "cold, KV fails to write", failures: ["KV fails to write"] },
  { name: "stale, KV fails to write", ...STALE, failures: ["KV fails to write"] },
  { name: "cold, KV hangs", failures: ["KV hangs"] },
  { name: "stale, KV hangs", ...STALE, failures: ["KV hangs"] },
  { name: "KV has garbage", ...STALE, isElsewhere: true, failures: ["KV has garbage"] },
  { name: "cold, edge throws", failures: ["edge throws"] },
  { name: "stale, elsewhere, edge throws", ...STALE, isElsewhere: true, failures: ["edge throws"] },
  { name: "stale, edge hangs", ...STALE, failures: ["edge hangs"] },
  { name: "stale, both fail", ...STALE, failures: ["KV fails to read", "edge throws"] },
];

/** What a mirror in the state knows without asking the upstream, by docs/caching.md. */
export interface Knowledge {
  readonly challenge: boolean;
  readonly token: boolean;
  readonly tag: "unknown" | "fresh" | "stale";
  readonly manifest: boolean;
  readonly blob: boolean;
}

export function knowledgeIn(state: State): Knowledge {
  const { isWarm = false, isElsewhere = false, ageSeconds = 0, failures = [] } = state;
  const isKvLost = ["KV fails to read", "KV hangs", "KV has garbage"].some((failure) =>
    failures.some((one) => one === failure),
  );
  const isKept = isWarm && !(isElsewhere && isKvLost);
  const isFresh = ageSeconds < STALE_SECONDS;
  return {
    challenge: isKept,
    token: isKept && isFresh,
    tag: isKept ? (isFresh ? "fresh" : "stale") : "unknown",
    manifest: isKept,
    blob: isWarm && !isElsewhere,
  };
}
