import { createRateLimiter, type RateLimiter } from "./access/rate-limit.ts";
import { type BlobArchive, createEdgeArchive, createR2Archive } from "./cache/blob-archive.ts";
import { createChallengeCache } from "./cache/challenges.ts";
import { type ContentCache, createContentCache } from "./cache/content.ts";
import { createEdgeStore } from "./cache/edge.ts";
import { createFailedChecks, type FailedChecks } from "./cache/failed-checks.ts";
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
  readonly failedChecks: FailedChecks;
  readonly searches: ResponseCache;
  /** Lists of tags and of referrers. */
  readonly lists: ResponseCache;
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

/** The index changes slowly. */
const SEARCH_TTL = { freshSeconds: 60 * 60, staleSeconds: 24 * 60 * 60 };
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
  const { loginKey } = config.access;
  const { now, openCache } = platform;
  const report = reportOnce(platform, isolate);
  const timeoutOf = (store: keyof Isolate["storeHealth"]) =>
    createStoreTimeout(platform, isolate.storeHealth[store]);
  const edge = createEdgeStore({ openCache, host, timeout: timeoutOf("edge"), report });
  const { CACHE: namespace, BLOBS: bucket } = env;
  const kvOptions = { budget: isolate.kvBudget, now, timeout: timeoutOf("kv"), report };
  const kv = namespace ? createKvStore({ namespace, ...kvOptions }) : NO_STORE;
  const parts = {
    ...{ ...isolate, platform, edge, kv, absences: createAbsences(isolate.absences, now) },
    freshSeconds: config.tagTtlSeconds,
    staleSeconds: config.staleTtlSeconds,
  };
  const negative = createNegativeCache(parts);
  const failedChecks = createFailedChecks(parts);
  const responses = { ...parts, negative, failures: failedChecks };
  const tokens = createTokenCache(parts);
  const challenges = createChallengeCache(parts);

  const timeoutMs = config.upstreamTimeoutSeconds * 1000;
  const { breaker, flights, blobUrls, lastUntil, smallBlobs, backfills, upstreamHealth } = isolate;
  const http = createHttp({ platform, timeoutMs, breaker });
  const blobs = {
    ...{
      maxBytes: config.blobMaxBytes,
      keepMs: config.blobKeepMs,
      uploadDates: isolate.uploadDates,
    },
    ...{ timeout: timeoutOf("blobs"), report, openCache, host, now },
  };
  return {
    ...{ config, platform, smallBlobs, backfills, upstreamHealth, report, negative, failedChecks },
    tags: createTagCache(parts),
    manifests: createContentCache(parts),
    visibility: createVisibilityCache(parts),
    lists: createResponseCache(responses),
    searches: createResponseCache({ ...responses, ...SEARCH_TTL }),
    rateLimiter: createRateLimiter(env.RATE_LIMIT, report),
    sealer: loginKey === null ? null : createSealer(loginKey),
    archiveOf({ id: registry }) {
      if (blobs.maxBytes === 0) return null;
      return bucket
        ? createR2Archive({ ...blobs, registry, bucket })
        : createEdgeArchive({ ...blobs, registry });
    },
    upstreamsOf({ endpoints: [first, ...others] }, usage) {
      const maxAgeMs = timeoutMs + EXTRA_WAIT_MS;
      const singleFlight = createSingleFlight({ platform, flights, maxAgeMs, usage });
      const upstreamOf = (endpoint: Endpoint): Upstream => ({
        ...{ ...endpoint, clientToken: null, isRedirectTarget: false },
        ...{ http, tokens, challenges, blobUrls, lastUntil, singleFlight, now, usage },
      });
      return [upstreamOf(first), ...others.map(upstreamOf)];
    },
  };
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
