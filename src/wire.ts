import { createContentCache } from "./cache/content.ts";
import { createEdgeStore } from "./cache/edge.ts";
import { createShare } from "./cache/flight.ts";
import { privateSpace, sharedSpace } from "./cache/keys.ts";
import { createKvStore } from "./cache/kv.ts";
import { createPointerCache } from "./cache/pointer.ts";
import { createRefusalCache } from "./cache/refusal.ts";
import { createSchemeCache } from "./cache/scheme.ts";
import type { ReportFailure } from "./cache/store.ts";
import { createTokenCache } from "./cache/token.ts";
import { createVerdictCache } from "./cache/verdict.ts";
import type { Config } from "./config.ts";
import type { Env } from "./env.ts";
import type { Isolate } from "./isolate.ts";
import { describeCause, type Log } from "./log.ts";
import type { Context } from "./mirror/context.ts";
import { createCredentials, knownScheme } from "./mirror/credentials.ts";
import type { WithinLimit } from "./mirror/limit.ts";
import { createSealer } from "./protocol/seal.ts";
import { createHttp, type Trace } from "./upstream/http.ts";

/** The outside world, and what outlives a request. */
export interface Outside {
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls `fire` after `ms`, unless what it returns is called before. */
  readonly startTimer: (ms: number, fire: () => void) => () => void;
  /** Lets work go on after the answer has been sent. */
  readonly later: (work: Promise<unknown>) => void;
  readonly openCache: () => Promise<Cache>;
  readonly isolate: Isolate;
  readonly log: Log;
}

/** Manifests are written once; one that is pulled daily costs one pull in this time. */
const CONTENT_LIFE_SECONDS = 90 * 24 * 60 * 60;
/** A manifest that is missing now may be pushed any moment. */
const MAX_MISSING_SECONDS = 60;
/** Beyond the deadline of a call upstream, before the work of another request is given up. */
const PATIENCE_MS = 1000;

/** @returns the parts that serve one request, put together. */
export function wire(outside: Outside, env: Env, config: Config, host: string): Context {
  const { isolate, now, later, startTimer } = outside;
  const { breaker, flights } = isolate;
  const { upstream: url, account, access } = config;
  const timeoutMs = config.upstreamTimeoutSeconds * 1000;
  const trace: Trace = { upstreamRequests: 0, rateLimit: null, isUp: null };
  const patienceMs = timeoutMs + PATIENCE_MS;
  const share = createShare({ flights, later, now, startTimer, patienceMs });
  const http = createHttp({ fetch: outside.fetch, now, startTimer, timeoutMs, breaker, trace });
  const { schemes, tokens, ...caches } = wireCaches(outside, env, config, host);
  const own = { upstream: { url, http, account, now }, schemes, tokens, share };
  const anonymous = { ...own, upstream: { ...own.upstream, account: null } };
  return {
    ...{ naming: config, access, space: spaceOf(config), share, later, trace, now },
    ...caches,
    upstream: { ...own.upstream, credentials: createCredentials(own) },
    anonymous: { ...anonymous.upstream, credentials: createCredentials(anonymous) },
    scheme: () => knownScheme(own),
    sighting: isolate.sighting,
    isWithinLimit: limitOf(env, reportOnce(outside)),
    sealer: access.loginKey === null ? null : createSealer(access.loginKey),
  };
}

function wireCaches(outside: Outside, env: Env, config: Config, host: string) {
  const { isolate, now, later, openCache } = outside;
  const report = reportOnce(outside);
  const kv = createKvStore({ namespace: env.CACHE, now, report, budget: isolate.kvBudget });
  const edge = createEdgeStore({ open: openCache, host, report });
  const freshSeconds = config.tagTtlSeconds;
  const staleSeconds = config.staleTtlSeconds;
  const lifeSeconds = Math.max(CONTENT_LIFE_SECONDS, staleSeconds);
  const missingSeconds = Math.min(freshSeconds, MAX_MISSING_SECONDS);
  const { schemes, tokens, pointers, manifests, blobs, refusals, verdicts } = isolate;
  const shared = { kv, now, later };
  return {
    schemes: createSchemeCache({ ...shared, memory: schemes }),
    tokens: createTokenCache({ ...shared, memory: tokens }),
    pointers: createPointerCache({ ...shared, memory: pointers, edge, freshSeconds, staleSeconds }),
    manifests: createContentCache({ memory: manifests, stores: [edge, kv], later, lifeSeconds }),
    blobs: createContentCache({ memory: blobs, stores: [edge], later, lifeSeconds }),
    refusals: createRefusalCache({ memory: refusals, now, missingSeconds }),
    verdicts: createVerdictCache({ ...shared, memory: verdicts, staleSeconds }),
  };
}

/** What was cached while private images were served must not be there once they are not. */
function spaceOf({ upstream, account, access }: Config): string {
  const mayBePrivate = account !== null && access.privateImages === "allow";
  return mayBePrivate ? privateSpace(upstream.host) : sharedSpace(upstream.host);
}

/** A limit that fails limits nothing. */
function limitOf({ RATE_LIMIT }: Env, report: ReportFailure): WithinLimit | null {
  if (RATE_LIMIT === undefined) return null;
  return async (key) => {
    try {
      return (await RATE_LIMIT.limit({ key })).success;
    } catch (cause) {
      report("rate limit", "count", cause);
      return true;
    }
  };
}

/** A store that fails goes on failing: one line in the log tells. */
function reportOnce({ isolate, log }: Outside): ReportFailure {
  return (store, operation, cause) => {
    const failure = `${store} ${operation}`;
    if (isolate.reported.has(failure)) return;
    isolate.reported.add(failure);
    log("cache failed", { store, operation, reason: describeCause(cause) });
  };
}
