import type { Account } from "../config/registries.ts";
import type { SingleFlight } from "../platform/single-flight.ts";
import type { ChallengeCache, TokenCache } from "./auth/credentials.ts";
import type { Http } from "./http.ts";
import type { Quota, RateLimit } from "./rate-limit.ts";

/** A registry, with the account that the mirror uses there for one client request. */
export interface Upstream {
  readonly url: URL;
  /** The only host of a token service that receives the account. */
  readonly tokenHost: string;
  /** Null for anonymous requests. */
  readonly account: Account | null;
  /** The registry token of a client's own login, used instead of the mirror's tokens; or null. */
  readonly clientToken: string | null;
  /** Whether another registry redirected here. No request is made only to discover its scheme. */
  readonly isRedirectTarget: boolean;
  readonly http: Http;
  readonly tokens: TokenCache;
  readonly challenges: ChallengeCache;
  readonly singleFlight: SingleFlight;
  readonly now: () => number;
  readonly stats: UpstreamStats;
}

/** The upstream traffic of one client request. */
export interface UpstreamStats {
  requests: number;
  /** The rate limit headers of the registry's last response, or null. */
  rateLimit: RateLimit | null;
  /** The pull quota of the last response that was not a 429, or null. */
  quota: Quota | null;
  /** Whether the last request was answered without a server error; null without any request. */
  isUp: boolean | null;
}

/** @returns the statistics of a client request without upstream requests. */
export function createStats(): UpstreamStats {
  return { requests: 0, rateLimit: null, quota: null, isUp: null };
}
