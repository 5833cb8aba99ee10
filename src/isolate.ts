import { weighEntry } from "./cache/content.ts";
import type { StoreHealth } from "./cache/deadline.ts";
import type { Flights } from "./cache/flight.ts";
import { createKvBudget, type KvBudget } from "./cache/kv.ts";
import { createMemory, type Memory } from "./cache/memory.ts";
import type { Pointer } from "./cache/pointer-record.ts";
import type { Refusal } from "./cache/refusal.ts";
import type { Entry } from "./cache/store.ts";
import type { Verdict } from "./cache/verdict.ts";
import type { Config } from "./config.ts";
import type { Env } from "./env.ts";
import type { Fills } from "./mirror/context.ts";
import type { Sighting } from "./mirror/sighting.ts";
import type { Scheme } from "./protocol/challenge.ts";
import type { Token } from "./protocol/token.ts";
import { type Breaker, createBreaker } from "./upstream/breaker.ts";
import type { QuotaMemory } from "./upstream/quota.ts";

/**
 * All that outlives a request: bounded, and plain data, but for the promises of work under way. An
 * isolate has 128 MB for everything.
 */
export interface Isolate {
  readonly configs: WeakMap<Env, Config>;
  readonly schemes: Memory<Scheme>;
  readonly tokens: Memory<Token>;
  readonly pointers: Memory<Pointer>;
  readonly manifests: Memory<Entry>;
  readonly blobs: Memory<Entry>;
  readonly refusals: Memory<Refusal>;
  readonly verdicts: Memory<Verdict>;
  readonly flights: Flights;
  readonly breaker: Breaker;
  readonly kvBudget: KvBudget;
  readonly health: { readonly [store in "edge" | "kv" | "blobs"]: StoreHealth };
  /** When the notes of kept blobs were last seen to. */
  readonly touched: Memory<number>;
  readonly fills: Fills;
  /** The pull quota as last seen, by registry and account. */
  readonly quotas: Memory<QuotaMemory>;
  /** By registry. */
  readonly sightings: Memory<Sighting>;
  /** Failures of a store that the log has already told. */
  readonly reported: Set<string>;
}

const MANIFEST_BYTES = 16 * 1024 * 1024;
const BLOB_BYTES = 8 * 1024 * 1024;

export function createIsolate(): Isolate {
  return {
    configs: new WeakMap(),
    schemes: createMemory(100),
    tokens: createMemory(2_000),
    pointers: createMemory(10_000),
    manifests: createMemory(MANIFEST_BYTES, weighEntry),
    blobs: createMemory(BLOB_BYTES, weighEntry),
    refusals: createMemory(5_000),
    verdicts: createMemory(5_000),
    flights: new Map(),
    breaker: createBreaker(),
    kvBudget: createKvBudget(),
    health: { edge: { slowUntil: 0 }, kv: { slowUntil: 0 }, blobs: { slowUntil: 0 } },
    touched: createMemory(20_000),
    fills: new Map(),
    quotas: createMemory(100),
    sightings: createMemory(100),
    reported: new Set(),
  };
}
