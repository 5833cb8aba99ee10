import type { Outcome } from "./run.ts";
import { quantileMs } from "./tally.ts";

const MIB = 1024 * 1024;
/** workerd with Miniflare's stores and the sockets of all clients in it. */
const PEAK_BYTES = 1280 * MIB;
/**
 * How much more it may have at the end than when a third of the time had passed. What is pushed
 * meanwhile is kept in that process too; a kilobyte lost with each request would be more.
 */
const GROWTH_BYTES = 256 * MIB;
/** In less time its caches are still filling up. */
const GROWTH_SECONDS = 60;
/**
 * To the head of an answer: the upstream's two seconds for each of its hosts, and as much again for
 * a machine that is busy. Clients give up after thirty.
 */
const HEAD_MS = 15_000;
/** Of the pulls, outages and all, so that what is judged is not a mirror that refuses everything. */
const PULLED_SHARE = 0.5;

/** @returns each rule that a run broke, in words; none if all is well. */
export function brokenRules(outcome: Outcome): string[] {
  const { tally, budget, served, kvWrites, quota, memory, recovered, images, leaks } = outcome;
  const atMost = (what: string, value: number, limit: number) =>
    value > limit ? [`${what}: ${value}, at most ${limit} expected`] : [];
  const share = tally.pulls / Math.max(tally.pulls + tally.failedPulls, 1);
  return [
    ...tally.broken,
    ...leaks.map((leak) => `leak: ${leak}`),
    ...atMost("upstream HEADs of tags", served.tagHeads, budget.tagHeads),
    ...atMost("quota", quota, budget.quota),
    ...atMost("upstream tokens", served.tokenGets, budget.tokenGets),
    ...atMost("upstream blobs", served.blobGets, budget.blobGets),
    ...atMost("KV writes", kvWrites, budget.kvWrites),
    ...atMost("cut blobs", tally.cut, budget.cut),
    ...atMost("ms to the head", quantileMs(tally, 1), HEAD_MS),
    ...atMost("peak memory in bytes", memory.peakBytes, PEAK_BYTES),
    ...(outcome.seconds < GROWTH_SECONDS
      ? []
      : atMost("growth of memory in bytes", memory.endBytes - memory.thirdBytes, GROWTH_BYTES)),
    ...(share >= PULLED_SHARE ? [] : [`only ${Math.round(share * 100)} % of the pulls went well`]),
    ...(recovered === images ? [] : [`after the faults ${recovered} of ${images} images pull`]),
  ];
}
