import type { HubRequest } from "./types.ts";

/** What a mirror must never send on: it is the client's, or Cloudflare's about the client. */
const CLIENT_HEADERS =
  /^(cookie|proxy-authorization|forwarded|x-forwarded-.*|x-real-ip|cf-(?!worker$).*)$/;

/** A sentence for each thing in this request that should never have reached this host. */
export function leaksIn({ host, path, headers }: HubRequest): string[] {
  const leaks: string[] = [];
  for (const name of headers.keys()) {
    if (CLIENT_HEADERS.test(name)) leaks.push(`${name} reached ${host} at ${path}`);
  }
  const scheme = headers.get("authorization")?.split(" ")[0]?.toLowerCase() ?? null;
  const allowed = { registry: "bearer", auth: "basic", storage: null }[host];
  if (scheme !== null && scheme !== allowed) {
    leaks.push(`an Authorization of kind ${scheme} reached ${host} at ${path}`);
  }
  return leaks;
}
