/**
 * Statuses with which Cloudflare's network answers a Worker whose host it cannot reach
 * (https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/).
 * A registry behind Cloudflare answers so too when its own servers fail.
 */
export const EDGE_FAILURES: Readonly<Record<number, string>> = {
  521: "connection refused",
  522: "connection timed out",
  525: "TLS handshake failed",
  526: "invalid TLS certificate",
  530: "DNS lookup failed",
};

/**
 * @param cause that `fetch` threw. Its name says nothing: it is `Error` or `TypeError`.
 * @returns why there was no response, in words of this file: the message may contain a URL.
 */
export function describeConnectionFailure(cause: unknown): string {
  const text = String(cause);
  if (text.includes("connection lost")) return "connection refused, reset or closed";
  // workerd itself, as in `wrangler dev`; it prints the cause in a line of its own.
  if (text.includes("internal error")) return "DNS lookup or TLS handshake failed";
  if (text.includes("subrequests")) return "too many subrequests";
  return "connection failed";
}
