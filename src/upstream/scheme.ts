import { readScheme, type Scheme } from "../protocol/challenge.ts";
import { mayBeRealmOf } from "../protocol/origin.ts";
import { discard } from "./body.ts";
import { rateLimited, unusable } from "./failure.ts";
import type { Origin } from "./upstream.ts";

/** @returns where to ask for a token; null if that is not for the upstream to say. */
export function trustedRealm(realm: string, upstream: URL): URL | null {
  const url = URL.parse(realm);
  return url && mayBeRealmOf(url, upstream) ? url : null;
}

/**
 * Asks `/v2/` without a credential, for the challenge.
 *
 * @throws RegistryError TOOMANYREQUESTS or UNAVAILABLE.
 */
export async function discoverScheme(upstream: Origin): Promise<Scheme> {
  const url = new URL("/v2/", upstream.url);
  const response = await upstream.http.send({ url, method: "GET", headers: {} });
  if (response.status === 429) throw await rateLimited(upstream, response, url, "the mirror");
  discard(response);
  if (response.status >= 500) throw unusable(url, `answered with status ${response.status}`);
  const header = response.status === 401 ? response.headers.get("www-authenticate") : null;
  return readScheme(header);
}
