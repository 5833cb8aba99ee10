/**
 * Public suffixes under a country's own, such as `co.uk`: there a domain that somebody owns has
 * three labels. A short list in place of the whole Public Suffix List, which is larger than this
 * Worker: what it lacks makes the rule below too wide, never lets a stranger name the realm.
 */
const SECOND_LEVEL = /^(?:ac|co|com|edu|go|gov|ne|net|or|org)$/;

/**
 * @returns whether the upstream may send us to this URL, by redirect or as a realm: https to a
 * public name, on any port, with no user in it. An upstream on a loopback host (development,
 * tests) may also name loopback hosts, over http too.
 */
export function mayBeSentTo(url: URL, upstream: URL): boolean {
  if (url.username !== "" || url.password !== "") return false;
  if (isLoopback(upstream.hostname) && isLoopback(url.hostname)) return isWeb(url);
  if (url.protocol !== "https:") return false;
  return url.host === upstream.host || isPublicName(url.hostname);
}

/** Registries whose token service is that of another one, by host. */
const TOKEN_SERVICES_ELSEWHERE: Readonly<Record<string, string>> = { "lscr.io": "ghcr.io" };

/**
 * @returns whether the registry may name this realm: it is then shown our credentials. It is on
 * the registry's own domain, or known to be the registry's.
 */
export function mayBeRealmOf(realm: URL, registry: URL): boolean {
  if (!mayBeSentTo(realm, registry)) return false;
  return isSameSite(realm, registry) || TOKEN_SERVICES_ELSEWHERE[registry.host] === realm.host;
}

/** Registrable domains of one owner. */
const ALSO_KNOWN_AS: Readonly<Record<string, string>> = { "docker.com": "docker.io" };

/** @returns whether both belong to the same registrable domain, e.g. `docker.io`. */
export function isSameSite(a: URL, b: URL): boolean {
  if (a.hostname === b.hostname) return true;
  if (isLoopback(a.hostname) && isLoopback(b.hostname)) return true;
  const domain = registrableDomain(a.hostname);
  return domain !== null && ownerOf(domain) === ownerOf(registrableDomain(b.hostname));
}

/** @returns whether the host is this machine itself. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

function isWeb(url: URL): boolean {
  return url.protocol === "https:" || url.protocol === "http:";
}

/** RFC 6761, 6762 and 8375, ICANN's `internal`, and what hosts, routers and offices call their own. */
const PRIVATE_NAME =
  /\.(?:localhost|localdomain|localdomain6|local|internal|home\.arpa|home|lan|corp|intranet|private)$/;

/** The URL parser writes every IPv4 address as four numbers, and IPv6 in brackets. */
function isPublicName(hostname: string): boolean {
  return /\.[a-z][a-z0-9-]*$/.test(hostname) && !PRIVATE_NAME.test(hostname);
}

function ownerOf(domain: string | null): string | null {
  return domain === null ? null : (ALSO_KNOWN_AS[domain] ?? domain);
}

function registrableDomain(hostname: string): string | null {
  const labels = hostname.split(".");
  const [second = "", top = ""] = labels.slice(-2);
  if (/^\d*$/.test(top) || second === "") return null;
  const size = top.length === 2 && SECOND_LEVEL.test(second) ? 3 : 2;
  return labels.length < size ? null : labels.slice(-size).join(".");
}
