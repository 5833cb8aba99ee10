/**
 * Statuses with which Cloudflare's network answers a Worker whose host it cannot reach
 * (https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/).
 * A registry behind Cloudflare answers so too when its own servers fail.
 */
export const EDGE_FAILURES: Readonly<Record<number, string>> = {
  520: "no valid response",
  521: "connection refused",
  522: "connection timed out",
  523: "no route to the host",
  524: "no response in time",
  525: "TLS handshake failed",
  526: "invalid TLS certificate",
  530: "DNS lookup failed",
};

/** What `fetch` throws, by its message. The name says nothing: it is `Error` or `TypeError`. */
const THROWN: readonly (readonly [RegExp, string])[] = [
  [/connection lost/i, "connection refused, reset or closed"],
  // workerd itself, as in `wrangler dev`; it prints the cause in a line of its own.
  [/internal error/i, "DNS lookup or TLS handshake failed"],
  [/subrequests/i, "too many subrequests"],
];

/**
 * @param cause that `fetch` threw.
 * @returns why there was no response, in words of this file: the message may contain a URL.
 */
export function describeConnectionFailure(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : "";
  return THROWN.find(([pattern]) => pattern.test(message))?.[1] ?? "connection failed";
}
