/** The hosts of a registry. One origin may be all three. */
export type Host = "registry" | "auth" | "storage";

/** A request that reached the stand-in. */
export interface HubRequest {
  readonly host: Host;
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
}

/** A set of requests; an absent field matches every request. */
export interface HubFilter {
  readonly host?: Host;
  readonly method?: string;
  readonly path?: RegExp;
}

/** The requests that the stand-in received, and what should not have been sent to it. */
export interface RequestLog {
  readonly requests: HubRequest[];
  readonly leaks: string[];
  count(filter?: HubFilter): number;
  /** Resolves with the next matching request, before it is answered. */
  waitFor(filter: HubFilter): Promise<HubRequest>;
  record(host: Host, request: Request): HubRequest;
  forget(): void;
}

/**
 * A log in memory.
 *
 * @param isBasic whether the registry itself receives the account.
 */
export function createRequestLog(isBasic: boolean): RequestLog {
  const requests: HubRequest[] = [];
  const leaks: string[] = [];
  let waiting: { filter: HubFilter; resolve: (request: HubRequest) => void }[] = [];
  return {
    requests,
    leaks,
    count: (filter = {}) => requests.filter((request) => matches(filter, request)).length,
    waitFor: (filter) => new Promise((resolve) => waiting.push({ filter, resolve })),
    record(host, { method, url, headers }) {
      const { pathname: path, searchParams: query } = new URL(url);
      const seen = { host, method, path, query, headers: new Headers(headers) };
      requests.push(seen);
      leaks.push(...leaksIn(seen, isBasic));
      for (const { filter, resolve } of waiting) if (matches(filter, seen)) resolve(seen);
      waiting = waiting.filter(({ filter }) => !matches(filter, seen));
      return seen;
    },
    forget() {
      requests.length = 0;
      leaks.length = 0;
    },
  };
}

export function matches({ host, method, path }: HubFilter, request: HubRequest): boolean {
  if (host !== undefined && host !== request.host) return false;
  if (method !== undefined && method !== request.method) return false;
  return path === undefined || path.test(request.path);
}

/** Number of requests of each kind, such as `{ "registry HEAD manifest": 1 }`. */
export function tally(requests: readonly HubRequest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { host, method, path } of requests) {
    const kind = `${host} ${method} ${kindOf(path)}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function kindOf(path: string): string {
  if (path === "/v2/") return "challenge";
  if (path === "/token") return "token";
  const [, kind = "other"] = /\/(manifest|blob|referrer|tag)s\//.exec(path) ?? [];
  return kind;
}

/** Headers that a mirror must never send on: they are the client's, or Cloudflare's about it. */
const CLIENT_HEADERS =
  /^(cookie|proxy-authorization|forwarded|x-forwarded-.*|x-real-ip|cf-(?!worker$).*)$/;

/** A sentence for each part of this request that should never have reached this host. */
function leaksIn({ host, path, headers }: HubRequest, isBasic: boolean): string[] {
  const leaks: string[] = [];
  for (const name of headers.keys()) {
    if (CLIENT_HEADERS.test(name)) leaks.push(`${name} reached ${host} at ${path}`);
  }
  const scheme = headers.get("authorization")?.split(" ")[0]?.toLowerCase() ?? null;
  const registry = isBasic ? "basic" : "bearer";
  const allowed = { registry, auth: "basic", storage: null }[host];
  if (scheme !== null && scheme !== allowed) {
    leaks.push(`an Authorization of kind ${scheme} reached ${host} at ${path}`);
  }
  return leaks;
}
