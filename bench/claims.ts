import { MAX_GZIP_KIB } from "./budgets.ts";
import { type Figures, formatRange, median } from "./figures.ts";
import { durationSection, HUNDRED, QUOTA, R2_WRITES, SERVED } from "./pulls.ts";
import { BUNDLE } from "./rates.ts";

/** A figure that README.md states, or bench/README.md for the other mirrors of its plot. */
export interface Claim {
  readonly text: string;
  readonly unit: "" | " %" | " KiB";
  /** The stated range, with both ends. */
  readonly from: number;
  readonly to: number;
  /** The mirror to start for it; null if none. */
  readonly peer: string | null;
  /** @returns one value for each round, or an exact one; empty if this run did not measure it. */
  measure(figures: Figures): readonly number[];
}

/** What a run says about a claim. */
export interface ClaimResult {
  readonly text: string;
  /** Such as `80 to 95 %`, `at most 5 %` or `3`. */
  readonly stated: string;
  /** The median with the lowest and the highest round, or why there is none. */
  readonly measured: string;
  /**
   * False if every round is above the stated range, or every round below it; null if it was not
   * measured. With five rounds, chance alone does that to a true range once in 16 runs at most.
   */
  readonly isReproduced: boolean | null;
}

const FAR = { registry: 200, auth: 200, storage: 200 };
const STORES_NEAR = durationSection({ latency: FAR, storeLatencyMs: 0 });
const STORES_50 = durationSection({ latency: FAR, storeLatencyMs: 50 });
/** Of the image of single pulls. */
const LAYERS = 5;

export const CLAIMS: readonly Claim[] = [
  share("warm pull", "sampan", STORES_NEAR, 0, 5),
  share("cold pull", "sampan", STORES_NEAR, 80, 95),
  share("warm pull, R2 50 ms away", "sampan-r2", STORES_50, 0, 8),
  {
    ...{ text: "bundle, gzipped", unit: " KiB", from: 0, to: MAX_GZIP_KIB, peer: null },
    measure: (figures) => read(figures, BUNDLE, "gzipped"),
  },
  ...counts("requests of a pull, besides one per layer", [4, 5], (figures, kind) =>
    read(figures, SERVED, `cold, ${kind}`).map((requests) => requests - LAYERS),
  ),
  ...counts("quota of a new image", [1, 2], (figures, kind) =>
    read(figures, QUOTA, `cold, ${kind}`),
  ),
  ...counts("KV writes for a new image", [3, 4], (figures, kind) =>
    read(figures, HUNDRED, `${kind}, KV writes`),
  ),
  ...counts("R2 writes per layer, besides one per image", [1, 1], (figures, kind) =>
    read(figures, R2_WRITES, `cold, ${kind}`, "sampan-r2").map((writes) => (writes - 1) / LAYERS),
  ),
  share("cold pull", "cloudflare-docker-proxy", STORES_NEAR, 95, 120),
  share("warm pull", "cloudflare-docker-proxy", STORES_NEAR, 95, 120),
  share("cold pull", "CF-Workers-docker.io", STORES_NEAR, 130, 170),
  share("warm pull", "CF-Workers-docker.io", STORES_NEAR, 130, 170),
  share("cold pull", "registry:2", STORES_NEAR, 140, 170),
  share("warm pull", "registry:2", STORES_NEAR, 15, 35),
];

/** The duration of a pull, in percent of the pass-through's. */
function share(pull: string, mirror: string, section: string, from: number, to: number): Claim {
  const isOwn = mirror.startsWith("sampan");
  const name = `${pull.startsWith("cold") ? "cold" : "warm"}, whole pull`;
  return {
    ...{ text: isOwn ? pull : `${pull}, ${mirror}`, unit: " %", from, to },
    peer: isOwn ? null : mirror,
    measure: (figures) => figures.ratios(section, name, mirror).map((ratio) => 100 * ratio),
  };
}

/** Exact counts: for an image of one platform, and for one of several. */
function counts(
  text: string,
  [single, multi]: readonly [number, number],
  measure: (figures: Figures, kind: string) => readonly number[],
): Claim[] {
  const claim = (platforms: string, kind: string, value: number): Claim => ({
    ...{ text: `${text}, ${platforms}`, unit: "", from: value, to: value, peer: null },
    measure: (figures) => measure(figures, kind),
  });
  return [
    claim("one platform", "single-arch", single),
    claim("several platforms", "multi-arch", multi),
  ];
}

function read(figures: Figures, section: string, name: string, mirror = "sampan"): number[] {
  const value = figures.read(section, name, mirror);
  return value === null ? [] : [value];
}

/** Compares this run with every claim. */
export function checkClaims(figures: Figures): ClaimResult[] {
  return CLAIMS.map(({ text, unit, from, to, peer, measure }) => {
    const limits = from === to ? to : from === 0 ? `at most ${to}` : `${from} to ${to}`;
    const stated = `${limits}${unit}`;
    const values = measure(figures);
    const middle = median(values);
    if (middle === null) {
      const option = peer === null ? "--readme" : `--peer ${peer}=URL`;
      return { text, stated, measured: `left out, needs ${option}`, isReproduced: null };
    }
    const format = (value: number) => value.toFixed(Number.isInteger(value) ? 0 : 1);
    const range = formatRange(values, format);
    const measured = `${format(middle)}${unit}${range === null ? "" : ` (${range})`}`;
    const isReproduced = Math.min(...values) <= to && Math.max(...values) >= from;
    return { text, stated, measured, isReproduced };
  });
}

/** @returns whether this run measured something else than what is stated. */
export function isContradicted(results: readonly ClaimResult[]): boolean {
  return results.some(({ isReproduced }) => isReproduced === false);
}
