import { quantileMs, type Tally } from "./judge.ts";
import type { Outcome } from "./run.ts";
import type { Images, UpstreamStats } from "./upstream.ts";

/** The most that a run may cost, computed from its images and faults. */
export interface Budget {
  readonly tagHeads: number;
  /** GETs of manifests, which Docker Hub counts as pulls. */
  readonly quota: number;
  readonly tokenGets: number;
  readonly blobGets: number;
  readonly kvWrites: number;
  /** Connections of blobs that may break. */
  readonly cut: number;
}

/** What the budget is computed from. */
export interface Circumstances {
  readonly images: Images;
  /** From the first request to the last. */
  readonly seconds: number;
  readonly ttlSeconds: number;
  readonly clients: number;
  /** Whether the mirror has R2. */
  readonly hasBlobs: boolean;
  /** Requests that met a fault are part of it: the upstream had counted some of them before. */
  readonly upstream: UpstreamStats;
  readonly tally: Tally;
}

/** The stand-in's tokens live for 300 s; the mirror leaves their last 10 s. */
const TOKEN_SECONDS = 290;
/**
 * How often a blob is requested until it is stored: by a client, by the backfill, and by clients in
 * the meantime. The same again for each fault, and for each client when the upstream was lost.
 */
const UNTIL_KEPT = 3;

/** @returns upper bounds of requests to upstream and KV. */
export function computeBudget(circumstances: Circumstances): Budget {
  const { images: pushed, seconds, ttlSeconds, upstream, clients, tally, hasBlobs } = circumstances;
  const { departures, failed, faults } = upstream;
  const { subjects } = pushed;
  const images = subjects.length;
  const versions = subjects.flatMap((subject) => subject.versions);
  const manifests = sum(versions.map((version) => version.manifests));
  const blobs = sum(versions.map((version) => version.blobs));
  // Of each image one request may have been under way when the upstream went.
  const lost = departures * images;
  const tokenGets = images * (Math.floor(seconds / TOKEN_SECONDS) + 1) + lost;
  return {
    tagHeads: images * (Math.floor(seconds / ttlSeconds) + 1) + lost,
    quota: manifests + lost + failed.manifestGets,
    tokenGets,
    // Without R2 nothing keeps a large blob, so that each request of a client is one upstream.
    blobGets:
      UNTIL_KEPT * (blobs + sum(Object.values(faults)) + departures * clients) +
      (hasBlobs ? 0 : tally.largeBlobRequests),
    // A token, and each pointer and manifest once.
    kvWrites: tokenGets + failed.tokenGets + versions.length + manifests,
    cut: faults.truncated + faults.reset + departures * clients,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

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

/** @returns a sentence for each rule that a run broke. */
export function brokenRules(outcome: Outcome): string[] {
  const { tally, budget, upstream, kvWrites, quota, memory, recovered, images, leaks } = outcome;
  const { served } = upstream;
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
