import type { FaultCounts, UpstreamCounts } from "./faults.ts";
import type { Tally } from "./tally.ts";
import type { World } from "./world.ts";

/** What a run may cost at most, computed from what there was to pull and what went wrong. */
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

/** What the budget follows from. */
export interface Circumstances {
  readonly world: World;
  /** From the first request to the last. */
  readonly seconds: number;
  readonly ttlSeconds: number;
  readonly clients: number;
  /** Whether the mirror has R2. */
  readonly hasBlobs: boolean;
  /** Times in which everything under way at the upstream was lost. */
  readonly departures: number;
  /** Requests that a fault was made of; some of them were counted by the upstream before. */
  readonly failed: UpstreamCounts;
  readonly faults: FaultCounts;
  readonly tally: Tally;
}

/** The stand-in's tokens live for 300 s; the mirror leaves their last 10 s. */
const TOKEN_SECONDS = 290;
/**
 * How often a blob is asked for until it is kept: by a client, to keep it, and by those who come in
 * the meantime. The same again goes for each fault, and for each client when the upstream left.
 */
const UNTIL_KEPT = 3;

/** @returns what may be asked of upstream and KV, each number an upper bound. */
export function computeBudget(circumstances: Circumstances): Budget {
  const { world, seconds, ttlSeconds, departures, failed, faults, clients, tally, hasBlobs } =
    circumstances;
  const images = world.subjects.length;
  const versions = world.subjects.flatMap((subject) => subject.versions);
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
      UNTIL_KEPT * (blobs + total(faults) + departures * clients) +
      (hasBlobs ? 0 : tally.largeBlobRequests),
    // A token, and each pointer and manifest once.
    kvWrites: tokenGets + failed.tokenGets + versions.length + manifests,
    cut: faults.truncated + faults.reset + departures * clients,
  };
}

function total({ outages, ...single }: FaultCounts): number {
  return sum(Object.values(single));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
