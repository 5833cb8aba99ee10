import { type AuthScheme, isSameScheme, parseAuthScheme } from "../../protocol/challenge.ts";
import { isAllowedTarget, isLoopback } from "../../protocol/origin.ts";
import { rateLimited } from "../failure.ts";
import { discard, failing } from "../http.ts";
import type { Upstream } from "../upstream.ts";

const OPEN: AuthScheme = { kind: "open" };

/**
 * @returns the scheme of the upstream: the remembered one, or the one that `/v2/` reports.
 * @throws RegistryError TOOMANYREQUESTS or UNAVAILABLE.
 */
export async function knownScheme(upstream: Upstream): Promise<AuthScheme> {
  const { challenges, singleFlight, isRedirectTarget, url } = upstream;
  const held = challenges.peek(url.host);
  if (held !== null && isUsable(upstream, held)) return held;
  if (isRedirectTarget) return OPEN;
  const shared = await singleFlight(`challenge ${url.host}`, async () => {
    const known = await challenges.read(url.host);
    if (known !== null && isUsable(upstream, known)) return known;
    const scheme = await discoverScheme(upstream);
    remember(upstream, scheme);
    return scheme;
  });
  return shared.value;
}

/**
 * The scheme that a refusal demands. Without a challenge (gcr.io) it is the known scheme. If the
 * challenge names another host (nvcr.io, for any invalid token), `/v2/` decides.
 *
 * @param challenge the `WWW-Authenticate` header, or null.
 * @returns null if it is the known scheme.
 */
export async function demandedScheme(
  upstream: Upstream,
  known: AuthScheme,
  challenge: string | null,
): Promise<AuthScheme | null> {
  const demanded = parseAuthScheme(challenge);
  if (known.kind === "open") {
    return demanded.kind === "open"
      ? rediscover(upstream, known)
      : replace(upstream, known, demanded);
  }
  if (demanded.kind !== "bearer" || !isUsable(upstream, demanded)) return null;
  const isSameHost =
    known.kind === "bearer" && URL.parse(known.realm)?.host === URL.parse(demanded.realm)?.host;
  return isSameHost ? replace(upstream, known, demanded) : rediscover(upstream, known);
}

/** @returns the scheme that the upstream reports now; null if that is the known one, or fails. */
export async function rediscover(
  upstream: Upstream,
  known: AuthScheme,
): Promise<AuthScheme | null> {
  const key = `challenge ${upstream.url.host} again`;
  const found = await upstream.singleFlight(key, () => discoverScheme(upstream)).catch(() => null);
  return found && replace(upstream, known, found.value);
}

/**
 * @returns the URL of the token service; null if it must not be used: it has to be https on a public
 * host, and with an account on the registry's known token host.
 */
export function tokenServiceUrl(realm: string, upstream: Upstream): URL | null {
  const url = URL.parse(realm);
  if (url === null || !isAllowedTarget(url, upstream.url)) return null;
  return upstream.account === null || isTokenHost(url, upstream) ? url : null;
}

/** On a loopback host, every other loopback host belongs to the same developer. */
function isTokenHost({ host, hostname }: URL, { tokenHost, url }: Upstream): boolean {
  if (host === tokenHost || host === url.host) return true;
  return isLoopback(url.hostname) && isLoopback(hostname);
}

/** Asks `/v2/` without a credential. @throws RegistryError TOOMANYREQUESTS or UNAVAILABLE. */
async function discoverScheme(upstream: Upstream): Promise<AuthScheme> {
  const url = new URL("/v2/", upstream.url);
  const response = await upstream.http.send({ url, method: "GET", headers: {} }, upstream.usage);
  if (response.status === 429) throw await rateLimited(upstream, response, url, "authentication");
  discard(response);
  if (response.status >= 500) throw failing(url, response.status);
  return parseAuthScheme(response.status === 401 ? response.headers.get("www-authenticate") : null);
}

function replace(upstream: Upstream, known: AuthScheme, scheme: AuthScheme): AuthScheme | null {
  if (isSameScheme(scheme, known)) return null;
  remember(upstream, scheme);
  return scheme;
}

/** An unusable realm is an error now, and must not become one for days. */
function remember(upstream: Upstream, scheme: AuthScheme): void {
  if (isUsable(upstream, scheme)) upstream.challenges.write(upstream.url.host, scheme);
}

function isUsable(upstream: Upstream, scheme: AuthScheme): boolean {
  return scheme.kind !== "bearer" || tokenServiceUrl(scheme.realm, upstream) !== null;
}
