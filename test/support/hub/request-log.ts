import { leaksIn } from "./leaks.ts";
import type { Host, Hub, HubFilter, HubRequest } from "./types.ts";

/** What the stand-in was asked, and what it should not have been sent. */
export interface RequestLog extends Pick<Hub, "requests" | "leaks" | "count" | "waitFor"> {
  record(host: Host, request: Request): HubRequest;
  forget(): void;
}

/** A log in memory that can also be waited on. */
export function createRequestLog(): RequestLog {
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
      leaks.push(...leaksIn(seen));
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

function matches({ host, method, path }: HubFilter, request: HubRequest): boolean {
  if (host !== undefined && host !== request.host) return false;
  if (method !== undefined && method !== request.method) return false;
  return path === undefined || path.test(request.path);
}
