import { CPU } from "./cpu.ts";
import { type Figures, median } from "./figures.ts";
import {
  durationSection,
  HUNDRED,
  KV_READS,
  KV_WRITES,
  METADATA,
  QUOTA,
  R2_READS,
  R2_WRITES,
  REQUESTS,
} from "./pulls.ts";
import { BUNDLE } from "./rates.ts";

/** The highest value of a figure. */
export interface Budget {
  readonly section: string;
  readonly name: string;
  readonly mirror: "sampan" | "sampan-r2";
  readonly atMost: number;
}

/** Stated in the README. */
export const MAX_GZIP_KIB = 45;

/** By section and name. */
type Limits = Readonly<Record<string, Readonly<Record<string, number>>>>;

const EITHER: Limits = {
  [KV_WRITES]: {
    "first ever, single-arch": 2,
    "cold, single-arch": 2,
    "cold, multi-arch": 3,
    // The tag: its first HEAD may have been for a made-up name.
    warm: 1,
    "warm, another data centre": 0,
    "after the tag window": 0,
    "an hour later": 0,
    // The tag, the index and one manifest.
    "tag moved": 3,
  },
  [KV_READS]: {
    "cold, single-arch": 3,
    "cold, multi-arch": 4,
    // Whether another data centre has written the tag.
    warm: 1,
    "warm, another data centre": 4,
    "after the tag window": 0,
  },
  [METADATA]: {
    // The challenge of /v2/, a token, HEAD, and GET of each manifest.
    "first ever, single-arch": 4,
    "cold, single-arch": 3,
    "cold, multi-arch": 4,
    "tag moved": 3,
    warm: 0,
    "warm, another data centre": 0,
    // HEAD, which costs no quota.
    "after the tag window": 1,
    // HEAD and a new token.
    "an hour later": 2,
  },
  [QUOTA]: {
    "cold, single-arch": 1,
    "cold, multi-arch": 2,
    warm: 0,
    "warm, another data centre": 0,
    "after the tag window": 0,
    "an hour later": 0,
    "tag moved": 2,
  },
  // The cost of the first pull.
  [HUNDRED]: {
    "single-arch, quota": 1,
    "multi-arch, quota": 2,
    "single-arch, KV writes": 3,
    "multi-arch, KV writes": 4,
  },
  [BUNDLE]: { gzipped: MAX_GZIP_KIB },
};

const WITHOUT_R2: Limits = {
  [REQUESTS]: {
    // Each of the six blobs is one request to the registry and one to its storage. Two layers are
    // too large for memory and are downloaded a second time, for the edge cache.
    "cold, single-arch": 17,
    "cold, multi-arch": 18,
    warm: 0,
    "after the tag window": 1,
  },
};

const WITH_R2: Limits = {
  [REQUESTS]: {
    // Two layers are downloaded a second time, for R2, and never again.
    "cold, single-arch": 17,
    "cold, multi-arch": 18,
    warm: 0,
    "warm, another data centre": 0,
    "after the tag window": 1,
  },
  // The pull looks each of the six blobs up, and a backfill each of the two large ones.
  [R2_READS]: { "cold, multi-arch": 8, warm: 2, "warm, another data centre": 12 },
  // One write per blob.
  [R2_WRITES]: { "cold, multi-arch": 6, warm: 0 },
};

/** Milliseconds. The free plan allows 10 for each request, with what the pass-through needs. */
const CPU_LIMITS: Limits = {
  [CPU]: {
    "cold tag": 3,
    "warm tag": 3,
    "cold index of 200 KB": 3,
    "cold manifest of 4 MiB": 10,
    "cold blob of 10 KB": 3,
    "cold blob of 100 KB": 3,
    "cold blob of 256 KiB": 3,
    "cold blob of 512 KiB": 3,
    "cold blob of 1 MiB": 3,
    "tag list of 1 MiB": 10,
    login: 3,
    "warm tag, 20 users": 3,
    "warm tag, 5 path secrets and 21 image rules": 3,
  },
};

/** These do not depend on the machine. */
export const BUDGETS: readonly Budget[] = [
  ...toBudgets("sampan", EITHER),
  ...toBudgets("sampan", WITHOUT_R2),
  ...toBudgets("sampan-r2", EITHER),
  ...toBudgets("sampan-r2", WITH_R2),
];

/** These do: on a busy machine, the same work takes several times the CPU. */
export const CPU_BUDGETS: readonly Budget[] = toBudgets("sampan", CPU_LIMITS);

function toBudgets(mirror: Budget["mirror"], limits: Limits): Budget[] {
  return Object.entries(limits).flatMap(([section, own]) =>
    Object.entries(own).map(([name, atMost]) => ({ mirror, section, name, atMost })),
  );
}

/** @returns the budgets that are exceeded or not measured, with the measured value. */
export function findExceeded(figures: Figures): (Budget & { readonly value: number | null })[] {
  return [...BUDGETS, ...CPU_BUDGETS]
    .map((budget) => {
      return { ...budget, value: figures.read(budget.section, budget.name, budget.mirror) };
    })
    .filter(({ value, atMost }) => value === null || value > atMost);
}

/** The measured ratio to the pass-through; null if this run did not measure it. */
export interface TargetResult {
  readonly text: string;
  readonly ratio: number | null;
  readonly isMet: boolean | null;
}

const FAR = { registry: 200, auth: 200, storage: 200 };
const STORES_NEAR = durationSection({ latency: FAR, storeLatencyMs: 0 });
const STORES_50 = durationSection({ latency: FAR, storeLatencyMs: 50 });
const STORES_150 = durationSection({ latency: FAR, storeLatencyMs: 150 });

/** The longest duration of a whole pull, as a part of the pass-through's. */
const TARGETS = [
  { mirror: "sampan", state: "warm", section: STORES_NEAR, atMost: 0.05 },
  { mirror: "sampan-r2", state: "warm", section: STORES_50, atMost: 0.05 },
  { mirror: "sampan", state: "cold", section: STORES_NEAR, atMost: 0.75 },
  { mirror: "sampan", state: "cold", section: STORES_150, atMost: 1 },
];

/** Compares the figures with every target. */
export function checkTargets(figures: Figures): TargetResult[] {
  return TARGETS.map(({ mirror, state, section, atMost }) => {
    const ratio = median(figures.ratios(section, `${state}, whole pull`, mirror));
    const text = `${mirror}, ${section}: ${state}, at most ${atMost}×`;
    return { text, ratio, isMet: ratio === null ? null : ratio <= atMost };
  });
}
