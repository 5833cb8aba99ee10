import { weighBytes, weighEntry } from "./cache/content.ts";
import type { FailedCheck } from "./cache/failed-checks.ts";
import { createKvBudget, type KvBudget } from "./cache/kv.ts";
import type { Refusal } from "./cache/negative.ts";
import type { Entry, StoreHealth } from "./cache/store.ts";
import type { TagRecord } from "./cache/tags.ts";
import { type HeldToken, weighToken } from "./cache/tokens.ts";
import type { Visibility } from "./cache/visibility.ts";
import { createMemory, type Memory } from "./platform/memory.ts";
import type { Flights } from "./platform/single-flight.ts";
import type { AuthScheme } from "./protocol/challenge.ts";
import { type Breaker, createBreaker } from "./upstream/breaker.ts";
import type { BlobUrl, UpstreamHealth } from "./upstream/upstream.ts";

/**
 * All state that outlives a request. It is bounded, and plain data except for the promises of work
 * in progress. An isolate has 128 MB for everything.
 */
export interface Isolate {
  readonly challenges: Memory<AuthScheme>;
  readonly tokens: Memory<HeldToken>;
  readonly tags: Memory<TagRecord>;
  readonly failedChecks: Memory<FailedCheck>;
  /** The keys of a tag's records in KV. */
  readonly persistedTags: Memory<readonly string[]>;
  /** When a key was in no store: milliseconds since 1970. */
  readonly absences: Memory<number>;
  readonly manifests: Memory<Entry>;
  /** By partition, repository and digest. */
  readonly smallBlobs: Memory<Uint8Array>;
  readonly refusals: Memory<Refusal>;
  readonly visibility: Memory<Visibility>;
  /** The signed URLs of blobs. */
  readonly blobUrls: Memory<BlobUrl>;
  /** Until when an upstream that failed is asked after others: milliseconds since 1970, by id. */
  readonly lastUntil: Memory<number>;
  readonly flights: Flights;
  readonly breaker: Breaker;
  readonly kvBudget: KvBudget;
  readonly storeHealth: { readonly [store in "edge" | "kv" | "blobs"]: StoreHealth };
  /** The upload dates of archived blobs, by key: milliseconds since 1970. */
  readonly uploadDates: Memory<number>;
  /** When each backfill in progress started: milliseconds since 1970, by key. */
  readonly backfills: Map<string, number>;
  /** By the name of the registry. */
  readonly upstreamHealth: Memory<UpstreamHealth>;
  /** The failures of stores that the log has reported. */
  readonly reported: Set<string>;
}

const MANIFEST_BYTES = 16 * 1024 * 1024;
/** About 2,000 tokens of 4 KB. */
const TOKEN_BYTES = 8 * 1024 * 1024;
const SMALL_BLOB_BYTES = 8 * 1024 * 1024;

export function createIsolate(): Isolate {
  return {
    challenges: createMemory(100),
    tokens: createMemory(TOKEN_BYTES, weighToken),
    tags: createMemory(10_000),
    failedChecks: createMemory(5_000),
    persistedTags: createMemory(5_000),
    absences: createMemory(5_000),
    manifests: createMemory(MANIFEST_BYTES, weighEntry),
    smallBlobs: createMemory(SMALL_BLOB_BYTES, weighBytes),
    refusals: createMemory(5_000),
    visibility: createMemory(5_000),
    blobUrls: createMemory(2_000),
    lastUntil: createMemory(100),
    flights: createMemory(1_000),
    breaker: createBreaker(),
    kvBudget: createKvBudget(),
    storeHealth: { edge: { slowUntil: 0 }, kv: { slowUntil: 0 }, blobs: { slowUntil: 0 } },
    uploadDates: createMemory(20_000),
    backfills: new Map(),
    upstreamHealth: createMemory(100),
    reported: new Set(),
  };
}
