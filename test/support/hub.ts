import { createFaults } from "./hub/faults.ts";
import { withNoise } from "./hub/noise.ts";
import { createQuota, type Quota } from "./hub/quota.ts";
import { serveRegistry } from "./hub/registry.ts";
import { createRequestLog } from "./hub/request-log.ts";
import { createStorage } from "./hub/storage.ts";
import { push, type Store } from "./hub/store.ts";
import { createTokenService } from "./hub/token-service.ts";
import type { Host, Hub, HubOptions } from "./hub/types.ts";

export type * from "./hub/types.ts";

/** A stand-in for Docker Hub: three hosts behind one function from request to response. */
export function createHub(options: HubOptions = {}): Hub {
  const store: Store = new Map();
  const { serve, hostOf, quota } = createHosts(options, store);
  const { requests, leaks, count, waitFor, record, forget } = createRequestLog();
  const faults = createFaults(quota);

  async function answer(request: Request): Promise<Response> {
    const host = hostOf(request.url);
    if (host === null) {
      leaks.push(`a request for another host: ${request.method} ${request.url}`);
      throw new TypeError("Name not resolved.");
    }
    const next = async () => withNoise(host, serve[host](request));
    return faults.answer(record(host, request), request.signal, next);
  }

  return {
    ...{ requests, leaks, count, waitFor, pulls: quota.total },
    fetch: (input, init) => answer(new Request(input, init)),
    push: (repository, tag, image) => push(store, repository, tag, image),
    untag: (repository, tag) => void store.get(repository)?.tags.delete(tag),
    become: faults.become,
    intercept: faults.intercept,
    reset() {
      forget();
      quota.reset();
      faults.become("serving");
      faults.intercept(null);
    },
  };
}

interface Hosts {
  readonly serve: Record<Host, (request: Request) => Response>;
  readonly hostOf: (url: string) => Host | null;
  readonly quota: Quota;
}

function createHosts(options: HubOptions, store: Store): Hosts {
  const { now = Date.now, links = "relative", pageSize = 100 } = options;
  const registry = options.registry ?? "https://registry-1.docker.io";
  const auth = options.auth ?? "https://auth.docker.io";
  const origin = options.storage ?? "https://production.cloudfront.docker.com";
  const { pullLimit: anonymous = 100, accountPullLimit: account = 200 } = options;
  const quota = createQuota({ anonymous, account, now });
  const storage = createStorage({ origin, urlSeconds: options.blobUrlSeconds ?? 1200, now });
  const { accounts = {}, privateRepositories = {}, tokenSeconds = 300 } = options;
  const { hasAccessClaims = false } = options;
  const exists = (name: string) => store.has(name);
  const rights = { accounts, privateRepositories, hasAccessClaims, exists };
  const tokens = createTokenService({ ...rights, tokenSeconds, now });
  const paging = { pageSize, linkOrigin: links === "absolute" ? registry : "" };
  const parts = { store, tokens, quota, storage, paging, realm: `${auth}/token` };
  const hosts = new Map<string, Host>([
    [new URL(registry).origin, "registry"],
    [new URL(auth).origin, "auth"],
    [new URL(origin).origin, "storage"],
  ]);
  return {
    serve: {
      registry: (request) => serveRegistry(parts, request),
      auth: tokens.answer,
      storage: storage.answer,
    },
    hostOf: (url) => hosts.get(new URL(url).origin) ?? null,
    quota,
  };
}
