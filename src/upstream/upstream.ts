import type { Endpoint } from "../config/registries.ts";
import type { Memory } from "../platform/memory.ts";
import type { SingleFlight } from "../platform/single-flight.ts";
import type { Name } from "../protocol/name.ts";
import type { ChallengeCache, TokenCache } from "./auth/credentials.ts";
import type { Http } from "./http.ts";
import type { Quota, RateLimit } from "./rate-limit.ts";

/** One of a registry's upstreams, with the account that the mirror uses for one client request. */
export interface Upstream extends Endpoint {
  /** The registry token of a client's own login, used instead of the mirror's tokens; or null. */
  readonly clientToken: string | null;
  /** Whether another registry redirected here. No request is made only to discover its scheme. */
  readonly isRedirectTarget: boolean;
  readonly http: Http;
  readonly tokens: TokenCache;
  readonly challenges: ChallengeCache;
  readonly blobUrls: Memory<BlobUrl>;
  /** Until when an upstream is asked last, by id: milliseconds since 1970. */
  readonly lastUntil: Memory<number>;
  readonly singleFlight: SingleFlight;
  readonly now: () => number;
  readonly usage: UpstreamUsage;
}

/** A signed URL of a storage, which needs no other credential. It must not leave the isolate. */
export interface BlobUrl {
  readonly url: URL;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** The use of upstreams by one client request, or by work in the background. */
export interface UpstreamUsage {
  /**
   * The time of the first request, its own or one of another client that it waited for: milliseconds
   * since 1970; null before it. Waiting for upstreams ends one timeout later.
   */
  startedAt: number | null;
  /** The time for one of several upstreams; null for the last one, which has what is left. */
  share: Share | null;
  /** The repository of a manifest or blob; null for anything else. */
  repository: string | null;
  /** The id of the upstream that delivered, or whose failure is the answer; or null. */
  answeredBy: string | null;
  requests: number;
  /** The rate limit headers of the registry's last response, or null. */
  rateLimit: RateLimit | null;
  /** The pull quota of the last response that was not a 429, or null. */
  quota: Quota | null;
  /** Whether the last request was answered without a server error; null without any request. */
  isUp: boolean | null;
}

/** The part of the time of a client request that one of several upstreams has. */
export interface Share {
  /** Milliseconds since 1970. */
  readonly endsAt: number;
  readonly ms: number;
}

/** The last known state of a registry. */
export interface UpstreamHealth {
  readonly isUp: boolean;
  /** Milliseconds since 1970. */
  readonly seenAt: number;
  /** Null if the registry reports none. */
  readonly quota: Quota | null;
}

/** @returns a usage without any upstream request. */
export function createUsage(): UpstreamUsage {
  return {
    startedAt: null,
    share: null,
    repository: null,
    answeredBy: null,
    requests: 0,
    rateLimit: null,
    quota: null,
    isUp: null,
  };
}

/** @returns the name of a repository at the upstream itself, below the path of its URL. */
export function nameAt({ url }: Pick<Upstream, "url">, name: Name): Name {
  return url.pathname === "/" ? name : (`${url.pathname.slice(1)}/${name}` as Name);
}
