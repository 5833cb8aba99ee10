import type { Figures } from "./figures.ts";
import {
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

/** The highest value of a figure that does not depend on the machine. */
export interface Budget {
  readonly section: string;
  readonly name: string;
  readonly mirror: "sampan" | "sampan-r2";
  readonly atMost: number;
}

/** By section and name. */
type Limits = Readonly<Record<string, Readonly<Record<string, number>>>>;

const EITHER: Limits = {
  [KV_WRITES]: {
    "first ever, single-arch": 3,
    "cold, single-arch": 3,
    "cold, multi-arch": 4,
    warm: 0,
    "warm, another data centre": 0,
    "after the tag window": 0,
    "an hour later": 0,
    // The tag, the index and one manifest.
    "tag moved": 3,
  },
  [KV_READS]: {
    "cold, single-arch": 3,
    "cold, multi-arch": 4,
    warm: 0,
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
  [BUNDLE]: { gzipped: 45 },
};

const WITHOUT_R2: Limits = {
  [REQUESTS]: {
    // Each of the six blobs is one request to the registry and one to its storage.
    "cold, single-arch": 15,
    "cold, multi-arch": 16,
    // Two layers are too large for memory.
    warm: 4,
    "after the tag window": 5,
  },
};

const WITH_R2: Limits = {
  [REQUESTS]: {
    // Each blob is downloaded a second time for R2, and never again.
    "cold, single-arch": 27,
    "cold, multi-arch": 28,
    warm: 0,
    "warm, another data centre": 0,
    "after the tag window": 1,
  },
  // The pull and the backfill look each of the six blobs up.
  [R2_READS]: { "cold, multi-arch": 12, warm: 2, "warm, another data centre": 12 },
  // One write per blob.
  [R2_WRITES]: { "cold, multi-arch": 6, warm: 0 },
};

export const BUDGETS: readonly Budget[] = [
  ...toBudgets("sampan", EITHER),
  ...toBudgets("sampan", WITHOUT_R2),
  ...toBudgets("sampan-r2", EITHER),
  ...toBudgets("sampan-r2", WITH_R2),
];

function toBudgets(mirror: Budget["mirror"], limits: Limits): Budget[] {
  return Object.entries(limits).flatMap(([section, own]) =>
    Object.entries(own).map(([name, atMost]) => ({ mirror, section, name, atMost })),
  );
}

/** @returns the budgets that are exceeded or not measured, with the measured value. */
export function findExceeded(figures: Figures): (Budget & { readonly value: number | null })[] {
  return BUDGETS.map((budget) => {
    return { ...budget, value: figures.read(budget.section, budget.name, budget.mirror) };
  }).filter(({ value, atMost }) => value === null || value > atMost);
}

/** The measured ratio of sampan-r2 to the pass-through; null if this run did not measure it. */
export interface TargetResult {
  readonly text: string;
  readonly ratio: number | null;
  readonly isMet: boolean | null;
}

/** The start of the section, whatever the distance of the stores. */
const FAR = "Duration of a pull, upstream 200 ms away";

const TARGETS = [
  {
    text: "A warm pull, upstream 200 ms away, takes at most a fifth of the pass-through's time",
    name: "warm, whole pull",
    atMost: 0.2,
  },
  {
    text: "A cold pull, upstream 200 ms away, takes at most the pass-through's time",
    name: "cold, whole pull",
    atMost: 1,
  },
];

/** Compares the figures with every target. */
export function checkTargets(figures: Figures): TargetResult[] {
  const section = figures.all.find((figure) => figure.section.startsWith(FAR))?.section ?? FAR;
  return TARGETS.map(({ text, name, atMost }) => {
    const value = figures.read(section, name, "sampan-r2");
    const reference = figures.read(section, name, "pass-through");
    const ratio = value === null || reference === null ? null : value / reference;
    return { text, ratio, isMet: ratio === null ? null : ratio <= atMost };
  });
}
