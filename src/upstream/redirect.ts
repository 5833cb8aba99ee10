import { RegistryError } from "../protocol/errors.ts";
import { mayBeSentTo } from "../protocol/origin.ts";
import { repositoryIn } from "../protocol/route.ts";
import type { Origin } from "./upstream.ts";

export function isRedirect({ status }: Response): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/**
 * @param from what answered with the redirect.
 * @returns where it leads.
 * @throws RegistryError UNAVAILABLE if it does not tell, or if nothing may be sent there.
 */
export function nextHop(redirect: Response, from: URL, upstream: Origin): URL {
  const location = redirect.headers.get("location");
  const url = location === null ? null : URL.parse(location, from.href);
  if (url === null) throw astray("redirected without saying where", from);
  if (!mayBeSentTo(url, upstream.url)) throw astray("redirected to where it must not", from);
  // registry.k8s.io drops the query, and every page of a list would be the first.
  if (url.search === "" && repositoryIn(url.pathname) !== null) url.search = from.search;
  return url;
}

/** @returns the failure of a redirect that is not followed. */
export function astray(what: string, from: URL): RegistryError {
  return new RegistryError("UNAVAILABLE", `${from.host} ${what}; nothing was fetched`);
}
