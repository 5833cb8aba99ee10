import { createBlobStore } from "./cache/blob-store.ts";
import { createContentCache } from "./cache/content.ts";
import { createDeadline } from "./cache/deadline.ts";
import { createEdgeStore } from "./cache/edge.ts";
import { createKvStore } from "./cache/kv.ts";
import { createPointerCache } from "./cache/pointer.ts";
import { createRefusalCache } from "./cache/refusal.ts";
import { createSchemeCache } from "./cache/scheme.ts";
import { createSearchCache } from "./cache/search.ts";
import { NO_STORE } from "./cache/store.ts";
import { createTokenCache } from "./cache/token.ts";
import { createVerdictCache } from "./cache/verdict.ts";
import type { Config } from "./config.ts";
import type { Env } from "./env.ts";
import type { Isolate } from "./isolate.ts";
import type { Keeping } from "./mirror/context.ts";
import { type Outside, reportOnce } from "./outside.ts";
import type { SearchResult } from "./upstream/search.ts";

/** Manifests are written once; one that is pulled daily costs one pull in this time. */
const CONTENT_LIFE_SECONDS = 90 * 24 * 60 * 60;
/** A manifest that is missing now may be pushed any moment. */
const MAX_MISSING_SECONDS = 60;

/**
 * @param host the mirror's own; null where no request tells it, and there is no edge cache then.
 * @returns the cache of each kind of record.
 */
export function wireCaches(outside: Outside, env: Env, config: Config, host: string | null) {
  const { isolate, now, later } = outside;
  const { kv, edge } = wireStores(outside, env, host);
  const freshSeconds = config.tagTtlSeconds;
  const staleSeconds = config.staleTtlSeconds;
  const lifeSeconds = Math.max(CONTENT_LIFE_SECONDS, staleSeconds);
  const missingSeconds = Math.min(freshSeconds, MAX_MISSING_SECONDS);
  const { schemes, tokens, pointers, manifests, blobs, refusals, verdicts } = isolate;
  const shared = { edge, kv, now, later };
  const content = { later, now, lifeSeconds };
  // What the cron trigger does is not worth a write for each token.
  const tokenStore = host === null ? { ...kv, write: NO_STORE.write } : kv;
  return {
    kv,
    schemes: createSchemeCache({ ...shared, memory: schemes }),
    tokens: createTokenCache({ memory: tokens, kv: tokenStore, now, later }),
    pointers: createPointerCache({ ...shared, memory: pointers, freshSeconds, staleSeconds }),
    manifests: createContentCache({ ...content, memory: manifests, near: edge, far: kv }),
    blobs: createContentCache({ ...content, memory: blobs, near: NO_STORE, far: edge }),
    refusals: createRefusalCache({ memory: refusals, now, missingSeconds }),
    searches: createSearchCache<SearchResult>({ edge, now, later }),
    verdicts: createVerdictCache({ ...shared, memory: verdicts, staleSeconds }),
  };
}

function wireStores(outside: Outside, { CACHE: namespace }: Env, host: string | null) {
  const { isolate, now, openCache: open } = outside;
  const { kvBudget: budget } = isolate;
  const report = reportOnce(outside);
  const deadline = deadlineOf(outside, "kv");
  const kv = createKvStore({ namespace, now, deadline, report, budget });
  if (host === null) return { kv, edge: NO_STORE };
  return {
    kv,
    edge: createEdgeStore({ open, host, deadline: deadlineOf(outside, "edge"), report }),
  };
}

function deadlineOf({ isolate, startTimer, now }: Outside, store: keyof Isolate["health"]) {
  return createDeadline({ startTimer, now, health: isolate.health[store] });
}

/** @returns where whole blobs of a registry are kept; null if there is no such place. */
export function wireKeeping(
  outside: Outside,
  { BLOBS: bucket }: Env,
  config: Config,
  registry: string,
): Keeping | null {
  const { isolate, now } = outside;
  const { fills, touched } = isolate;
  if (bucket === undefined) return null;
  const deadline = deadlineOf(outside, "blobs");
  const report = reportOnce(outside);
  const keepMs = config.blobKeepMs;
  const store = createBlobStore({ bucket, registry, now, deadline, report, touched, keepMs });
  return { store, maxBytes: config.blobMaxBytes, fills, report };
}
