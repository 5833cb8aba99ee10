import { createRateLimiter, type RateLimiter } from "./access/rate-limit.ts";
import { type BlobArchive, createEdgeArchive, createR2Archive } from "./cache/blob-archive.ts";
import { createChallengeCache } from "./cache/challenges.ts";
import { type ContentCache, createContentCache } from "./cache/content.ts";
import { createEdgeStore } from "./cache/edge.ts";
import { createKvStore } from "./cache/kv.ts";
import { createNegativeCache, type NegativeCache } from "./cache/negative.ts";
import { createResponseCache, type ResponseCache } from "./cache/responses.ts";
import { createStoreTimeout, NO_STORE, type ReportFailure } from "./cache/store.ts";
import { createTagCache, type TagCache } from "./cache/tags.ts";
import { createAbsences } from "./cache/tiers.ts";
import { createTokenCache } from "./cache/tokens.ts";
import { createVisibilityCache, type VisibilityCache } from "./cache/visibility.ts";
import { type Config, readConfig } from "./config/config.ts";
import type { Endpoint, Registry } from "./config/registries.ts";
import type { Env } from "./config/settings.ts";
import type { Isolate } from "./isolate.ts";
import { describeCause } from "./platform/log.ts";
import type { Memory } from "./platform/memory.ts";
import type { Platform } from "./platform/platform.ts";
import { createSingleFlight } from "./platform/single-flight.ts";
import { createSealer, type Sealer } from "./protocol/seal.ts";
import { createHttp } from "./upstream/http.ts";
import type { Candidates } from "./upstream/in-order.ts";
import type { ReferrersPage, TagPage } from "./upstream/list.ts";
import type { SearchResult } from "./upstream/search.ts";
import type { Upstream, UpstreamUsage } from "./upstream/upstream.ts";

/** Everything that handlers use. An isolate creates it once. */
export interface Services {
  readonly config: Config;
  readonly platform: Platform;
  readonly tags: TagCache;
  readonly manifests: ContentCache;
  readonly smallBlobs: Memory<Uint8Array>;
  readonly negative: NegativeCache;
  readonly visibility: VisibilityCache;
  readonly searches: ResponseCache<readonly SearchResult[]>;
  readonly tagLists: ResponseCache<TagPage>;
  readonly referrers: ResponseCache<ReferrersPage | "none">;
  readonly backfills: Isolate["backfills"];
  readonly upstreamHealth: Isolate["upstreamHealth"];
  readonly rateLimiter: RateLimiter;
  /** Null without logins by upstream account. */
  readonly sealer: Sealer | null;
  readonly report: ReportFailure;
  /** @returns the archive of a registry's blobs; null if none are stored. */
  archiveOf(registry: Registry): BlobArchive | null;
  /** @returns the upstreams of a registry with the mirror's accounts, for one client request. */
  upstreamsOf(registry: Registry, usage: UpstreamUsage): Candidates["upstreams"];
}

/** Manifests stay in KV for at least this time; one in use is written again after half of it. */
const MIN_CONTENT_SECONDS = 90 * 24 * 60 * 60;
/** The index changes slowly. */
const SEARCH_TTL = { freshSeconds: 60 * 60, staleSeconds: 24 * 60 * 60 };
/** A missing manifest may be pushed at any moment. */
const MAX_MISSING_SECONDS = 60;
/** A request waits for another one's work for the timeout of an upstream request and this time. */
const EXTRA_WAIT_MS = 1_000;

/**
 * @param host of the mirror, for keys of the edge cache.
 * @throws RegistryError UNKNOWN 500 for an invalid configuration.
 */
export function createServices(
  env: Env,
  platform: Platform,
  isolate: Isolate,
  host: string,
): Services {
  const config = readConfig(env);
  const { now, waitUntil, openCache } = platform;
  const { tagTtlSeconds: freshSeconds, staleTtlSeconds: staleSeconds, access } = config;
  const report = reportOnce(platform, isolate);
  const timeoutOf = (store: keyof Isolate["storeHealth"]) =>
    createStoreTimeout(platform, isolate.storeHealth[store]);
  const edge = createEdgeStore({ openCache, host, timeout: timeoutOf("edge"), report });
  const kvOptions = { budget: isolate.kvBudget, now, timeout: timeoutOf("kv"), report };
  const kv = env.CACHE ? createKvStore({ namespace: env.CACHE, ...kvOptions }) : NO_STORE;
  const absences = createAbsences(isolate.absences, now);

  // A manifest in use outlives the records of its tags.
  const lifeSeconds = Math.max(MIN_CONTENT_SECONDS, 3 * staleSeconds);
  const missingSeconds = Math.min(freshSeconds, MAX_MISSING_SECONDS);
  const content = { platform, edge, lifeSeconds };
  const { tags: memory, failedChecks: failures, persistedTags: persistedKeys } = isolate;
  const caches = {
    tags: createTagCache({
      ...{ platform, memory, failures, persistedKeys, edge, kv, absences },
      ...{ freshSeconds, staleSeconds },
    }),
    manifests: createContentCache({ ...content, kv, memory: isolate.manifests }),
    smallBlobs: isolate.smallBlobs,
    negative: createNegativeCache({ now, memory: isolate.refusals, missingSeconds }),
    visibility: createVisibilityCache({
      ...{ platform, edge, kv, absences, staleSeconds },
      memory: isolate.visibility,
    }),
    searches: createResponseCache<readonly SearchResult[]>({ platform, edge, ...SEARCH_TTL }),
    tagLists: createResponseCache<TagPage>({ platform, edge, freshSeconds, staleSeconds }),
    referrers: createResponseCache<ReferrersPage | "none">({
      ...{ platform, edge, freshSeconds, staleSeconds },
    }),
  };
  const tokens = createTokenCache({ platform, kv, absences, memory: isolate.tokens });
  const challenges = createChallengeCache({
    edge,
    absences,
    waitUntil,
    memory: isolate.challenges,
  });

  const timeoutMs = config.upstreamTimeoutSeconds * 1000;
  const { flights, breaker, backfills, blobUrls, lastUntil, upstreamHealth } = isolate;
  const maxAgeMs = timeoutMs + EXTRA_WAIT_MS;
  const http = createHttp({ platform, timeoutMs, breaker });
  const archives = createArchives(env, config, platform, isolate, host, report);
  return {
    ...{ config, platform, ...caches, backfills, upstreamHealth, report },
    rateLimiter: createRateLimiter(env.RATE_LIMIT, report),
    sealer: access.loginKey === null ? null : createSealer(access.loginKey),
    archiveOf: ({ name }) => archives.get(name) ?? null,
    upstreamsOf({ endpoints: [first, ...others] }, usage) {
      const singleFlight = createSingleFlight({ platform, flights, maxAgeMs, usage });
      const upstreamOf = (endpoint: Endpoint): Upstream => ({
        ...{ ...endpoint, clientToken: null, isRedirectTarget: false },
        ...{ http, tokens, challenges, blobUrls, lastUntil, singleFlight, now, usage },
      });
      return [upstreamOf(first), ...others.map(upstreamOf)];
    },
  };
}

/** @returns the archive of each registry, by its name: in R2, or else at the edge. */
function createArchives(
  { BLOBS: bucket }: Env,
  { registries, blobMaxBytes: maxBytes, blobKeepMs: keepMs }: Config,
  platform: Platform,
  { storeHealth, uploadDates }: Isolate,
  host: string,
  report: ReportFailure,
): ReadonlyMap<string, BlobArchive> {
  if (maxBytes === 0) return new Map();
  const timeout = createStoreTimeout(platform, storeHealth.blobs);
  const { now, openCache } = platform;
  const create = (registry: string) =>
    bucket === undefined
      ? createEdgeArchive({ registry, maxBytes, timeout, report, openCache, host })
      : createR2Archive({ registry, maxBytes, timeout, report, bucket, now, keepMs, uploadDates });
  return new Map(registries.all.map(({ name, id }) => [name, create(id)]));
}

/** A store that fails usually fails again, so the log reports each kind of failure once. */
function reportOnce({ log }: Platform, { reported }: Isolate): ReportFailure {
  return (store, operation, cause) => {
    const failure = `${store} ${operation}`;
    if (reported.has(failure)) return;
    reported.add(failure);
    log("cache failed", { store, operation, reason: describeCause(cause) });
  };
}
