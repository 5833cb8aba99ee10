/**
 * @returns whether the upstream may send the mirror to this URL, by redirect or as the realm of its
 * token service: https to a public host name, on any port, without user information. An upstream
 * on a loopback host (development, tests) may also name loopback hosts, over http too.
 */
export function isAllowedTarget(url: URL, upstream: URL): boolean {
  if (url.username !== "" || url.password !== "") return false;
  if (isLoopback(upstream.hostname) && isLoopback(url.hostname)) return isWeb(url);
  if (url.protocol !== "https:") return false;
  return url.host === upstream.host || isPublicName(url.hostname);
}

/** @returns whether the host is this machine itself. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

/** @returns whether everybody on the way can read a request to this URL: plain http. */
export function isReadableOnTheWay({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && !isLoopback(hostname);
}

function isWeb(url: URL): boolean {
  return url.protocol === "https:" || url.protocol === "http:";
}

/** RFC 6761, 6762 and 8375, ICANN's `internal`, and common names of private networks. */
const PRIVATE_NAME =
  /\.(?:localhost|localdomain|localdomain6|local|internal|home\.arpa|home|lan|corp|intranet|private)$/;

/** The URL parser writes every IPv4 address as four numbers, and IPv6 in brackets. */
function isPublicName(hostname: string): boolean {
  return /\.[a-z][a-z0-9-]*$/.test(hostname) && !PRIVATE_NAME.test(hostname);
}
