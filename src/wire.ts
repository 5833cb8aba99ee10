import { createShare } from "./cache/flight.ts";
import { privateSpace, sharedSpace } from "./cache/keys.ts";
import type { ReportFailure } from "./cache/store.ts";
import type { TokenCache } from "./cache/token.ts";
import type { Config } from "./config.ts";
import type { Env } from "./env.ts";
import type { Context, Lobby } from "./mirror/context.ts";
import { type CredentialDeps, createCredentials } from "./mirror/credentials.ts";
import type { WithinLimit } from "./mirror/limit.ts";
import type { Registry } from "./mirror/registry.ts";
import { knownScheme } from "./mirror/scheme.ts";
import { type Outside, reportOnce } from "./outside.ts";
import { createSealer } from "./protocol/seal.ts";
import { createHttp, type Trace } from "./upstream/http.ts";
import type { Upstream } from "./upstream/upstream.ts";
import { wireCaches, wireKeeping } from "./wire-cache.ts";

/** Beyond the deadline of a call upstream, before the work of another request is given up. */
const PATIENCE_MS = 1000;

/**
 * @param host the mirror's own, as the client asked; null where there is no client.
 * @returns the parts that serve one request, put together.
 */
export function wire(outside: Outside, env: Env, config: Config, host: string | null): Lobby {
  const { isolate, now, later, startTimer } = outside;
  const { breaker, flights } = isolate;
  const { registries, access, hasSearch, hasHomePage } = config;
  const timeoutMs = config.upstreamTimeoutSeconds * 1000;
  const trace: Trace = { upstreamRequests: 0, rateLimit: null, isUp: null };
  const patienceMs = timeoutMs + PATIENCE_MS;
  const share = createShare({ flights, later, now, startTimer, patienceMs });
  const http = createHttp({ fetch: outside.fetch, now, startTimer, timeoutMs, breaker, trace });
  const { schemes, tokens, ...caches } = wireCaches(outside, env, config, host);
  const lobby: Lobby = {
    ...caches,
    registries,
    access,
    hasSearch,
    hasHomePage,
    share,
    later,
    trace,
    now,
    sightings: isolate.sightings,
    isWithinLimit: limitOf(env, reportOnce(outside)),
    sealer: access.loginKey === null ? null : createSealer(access.loginKey),
    enter: async (registry) => {
      const upstream = { url: registry.url, account: registry.account, http, trace, now };
      const deps = { upstream, schemes, tokens, share };
      const keeping = wireKeeping(outside, env, config, registry.url.host);
      const space = await spaceOf(config, registry);
      return { ...lobby, ...enter(outside, registry, deps), space, keeping };
    },
  };
  return lobby;
}

function enter(outside: Outside, registry: Registry, deps: CredentialDeps) {
  const { account } = registry;
  const tokens = account === null ? deps.tokens : nearOnly(deps.tokens);
  const anonymous = { ...deps, tokens, upstream: { ...deps.upstream, account: null } };
  return {
    registry,
    upstream: upstreamOf(outside, deps),
    anonymous: upstreamOf(outside, anonymous),
    scheme: () => knownScheme(deps),
  } satisfies Partial<Context>;
}

/** Beside an account, an anonymous token only tells whether an image is public. */
function nearOnly(tokens: TokenCache): TokenCache {
  return { ...tokens, write: (key, token) => tokens.write(key, token, true) };
}

/** What was cached of one account's private images must not be there for another, or for none. */
async function spaceOf({ access }: Config, { url, account }: Registry): Promise<string> {
  return account !== null && access.privateImages === "allow"
    ? privateSpace(url.host, account.username)
    : sharedSpace(url.host);
}

function upstreamOf({ isolate }: Outside, deps: CredentialDeps): Upstream {
  const { url, account } = deps.upstream;
  const key = `${url.host} ${account?.username ?? ""}`;
  const quota = isolate.quotas.get(key) ?? { seen: null };
  isolate.quotas.set(key, quota);
  return { ...deps.upstream, credentials: createCredentials(deps), quota };
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
