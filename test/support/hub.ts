import { createFaults, type Interceptor, type Mode } from "./hub/faults.ts";
import { createQuota } from "./hub/quota.ts";
import { push, type Store, serveRegistry } from "./hub/registry.ts";
import { createRequestLog, type Host, type RequestLog } from "./hub/request-log.ts";
import { withHeaders } from "./hub/responses.ts";
import { createStorage } from "./hub/storage.ts";
import { createTokenService, SERVICE } from "./hub/token-service.ts";
import type { Image } from "./image.ts";

export type { Fault, Interceptor, Mode } from "./hub/faults.ts";
export { type Host, type HubFilter, type HubRequest, tally } from "./hub/request-log.ts";

/** The kind of registry; the defaults are those of Docker Hub. */
export interface HubOptions {
  /** Origins. That of the storage may have a path behind it. */
  readonly registry?: string;
  readonly auth?: string;
  readonly storage?: string;
  /**
   * `WWW-Authenticate` of every refusal, which names the realm, or demands HTTP Basic; null if no
   * credential is wanted. Docker Hub's names `auth`, the service and the scope.
   */
  readonly challenge?: string | null;
  /** The registry whose tokens are accepted; this one by default. */
  readonly issuer?: string;
  /** The deviations of a registry from Docker Hub; `hub.intercept` takes precedence. */
  readonly quirks?: Interceptor;
  readonly now?: () => number;
  /** User to password. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** Repository to the accounts that may pull it. */
  readonly privateRepositories?: Readonly<Record<string, readonly string[]>>;
  readonly tokenSeconds?: number;
  /** Whether tokens reveal their rights, as Docker Hub's do. */
  readonly hasAccessClaims?: boolean;
  /** Whether the token service answers 403 to a wrong password and to a missing repository. */
  readonly forbids?: boolean;
  /** Lifetime of a signed blob URL. */
  readonly blobUrlSeconds?: number;
  /** Manifests per six hours without an account. */
  readonly pullLimit?: number;
  readonly accountPullLimit?: number;
  readonly pageSize?: number;
  readonly links?: "relative" | "absolute";
}

/** A stand-in for a registry with its token service and storage. It records its requests. */
export interface Hub extends Pick<RequestLog, "requests" | "leaks" | "count" | "waitFor"> {
  /** Answers as the network would: by origin, without following redirects. */
  fetch(input: Request | string | URL, init?: RequestInit): Promise<Response>;
  /** Whether one of its hosts has this URL. */
  serves(url: string): boolean;
  /** Makes an image available. A null tag leaves it reachable by digest only. */
  push(repository: string, tag: string | null, image: Image): void;
  /** Removes a tag. */
  untag(repository: string, tag: string): void;
  /** Number of manifests pulled, by everyone. */
  pulls(): number;
  become(mode: Mode): void;
  intercept(interceptor: Interceptor | null): void;
  /** Ends all tokens now, whatever lifetime was promised. */
  revokeTokens(): void;
  /** Forgets requests, leaks and spent quota, and goes back to serving. Images stay. */
  reset(): void;
}

/** A stand-in for Docker Hub, or for another registry by its options. */
export function createHub(options: HubOptions = {}): Hub {
  const { now = Date.now, pageSize = 100 } = options;
  const registry = options.registry ?? "https://registry-1.docker.io";
  const auth = options.auth ?? "https://auth.docker.io";
  const origin = options.storage ?? "https://production.cloudfront.docker.com";
  const realm = options.challenge === undefined ? `${auth}/token` : realmOf(options.challenge);
  const { pullLimit: anonymous = 100, accountPullLimit: account = 200 } = options;
  const store: Store = new Map();
  const quota = createQuota({ anonymous, account, now });
  const storage = createStorage({ origin, urlSeconds: options.blobUrlSeconds ?? 1200, now });
  const issuer = options.issuer ?? new URL(registry).host;
  const tokens = createTokenService({
    issuer,
    service: options.challenge === undefined ? SERVICE : null,
    accounts: options.accounts ?? {},
    privateRepositories: options.privateRepositories ?? {},
    tokenSeconds: options.tokenSeconds ?? 300,
    hasAccessClaims: options.hasAccessClaims ?? false,
    forbids: options.forbids ?? false,
    exists: (name) => store.has(name),
    now,
  });
  const isBasic = options.challenge?.startsWith("Basic ") ?? false;
  const checked = isBasic ? { ...tokens, check: tokens.checkBasic } : tokens;
  const parts = {
    store,
    tokens: options.challenge === null ? null : checked,
    quota,
    storage,
    paging: { pageSize, linkOrigin: options.links === "absolute" ? registry : "" },
    challenge(repository: string | null, error: string | null): string {
      const scope = repository === null ? "" : `,scope="repository:${repository}:pull"`;
      const own = options.challenge ?? `Bearer realm="${realm}",service="${SERVICE}"${scope}`;
      return error === null ? own : `${own},error="${error}"`;
    },
  };
  const isShared = new URL(origin).origin === new URL(registry).origin;
  const serve: Record<Host, (request: Request) => Response> = {
    registry: (request) => serveRegistry(parts, request),
    auth: tokens.answer,
    storage: (request) => storage.answer(isShared ? withoutAuthorization(request) : request),
  };
  function hostOf(url: string): Host | null {
    if (realm !== null && url.startsWith(realm)) return "auth";
    if (url.startsWith(`${origin}/`)) return "storage";
    if (url.startsWith(`${registry}/`)) return "registry";
    return options.challenge === undefined && url.startsWith(`${auth}/`) ? "auth" : null;
  }
  const { requests, leaks, count, waitFor, record, forget } = createRequestLog(isBasic);
  const faults = createFaults(quota);
  async function answer(request: Request): Promise<Response> {
    const host = hostOf(request.url);
    if (host === null) {
      leaks.push(`a request for another host: ${request.method} ${request.url}`);
      throw new TypeError("Name not resolved.");
    }
    const isOwnStorage = isShared && host === "storage";
    const seen = record(isOwnStorage ? "registry" : host, request);
    // Tokens of the stand-ins end with their issuer and a number.
    const bearer = /^Bearer (stand-in\..*)-\d+$/.exec(seen.headers.get("authorization") ?? "")?.[1];
    if (bearer !== undefined && !bearer.endsWith(`.${issuer}`)) {
      leaks.push(`a token of another registry reached ${request.url}`);
    }
    const plain = async () => withHeaders(serve[host](request), NOISE[host]);
    return faults.answer(seen, request.signal, async () => {
      const odd = await options.quirks?.(seen, plain);
      return odd instanceof Response ? odd : plain();
    });
  }
  return {
    ...{ requests, leaks, count, waitFor, pulls: quota.total },
    fetch: (input, init) => answer(new Request(input, init)),
    serves: (url) => hostOf(url) !== null,
    push: (repository, tag, image) => push(store, repository, tag, image),
    untag: (repository, tag) => void store.get(repository)?.tags.delete(tag),
    become: faults.become,
    intercept: faults.intercept,
    revokeTokens: tokens.revoke,
    reset() {
      forget();
      quota.reset();
      faults.become("serving");
      faults.intercept(null);
    },
  };
}

/** The realm of a challenge, without its query; null if it names none. */
function realmOf(challenge: string | null): string | null {
  const [, realm = ""] = /realm="?([^",]+)/.exec(challenge ?? "") ?? [];
  const url = URL.parse(realm);
  return url && url.origin + url.pathname;
}

function withoutAuthorization(request: Request): Request {
  const headers = new Headers(request.headers);
  headers.delete("authorization");
  return new Request(request.url, { method: request.method, headers });
}

/** Headers that the real hosts add to everything, and that no client should see. */
const NOISE: Readonly<Record<Host, Readonly<Record<string, string>>>> = {
  registry: {
    "docker-distribution-api-version": "registry/2.0",
    server: "nginx",
    "set-cookie": "registry-session=stand-in; path=/; secure; HttpOnly",
    "strict-transport-security": "max-age=31536000",
    "x-trace-id": "stand-in-registry",
  },
  auth: {
    server: "cloudflare",
    "set-cookie": "auth-session=stand-in; path=/; secure; HttpOnly",
    "strict-transport-security": "max-age=31536000",
    "x-trace-id": "stand-in-auth",
  },
  storage: {
    server: "AmazonS3",
    "set-cookie": "storage-session=stand-in; path=/; secure; HttpOnly",
    "x-amz-id-2": "c3RhbmQtaW4=",
    "x-amz-request-id": "STANDIN0000000",
    "x-amz-version-id": "null",
    "x-cache": "Miss from cloudfront",
  },
};
