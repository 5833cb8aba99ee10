import type { HubRequest } from "./hub.ts";

/** How often each kind of request was made, such as `{ "registry HEAD manifest": 1 }`. */
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
