import { type ErrorCode, RegistryError } from "../protocol/errors.ts";
import { parseRetryAfter } from "../protocol/retry-after.ts";
import type { Reply } from "./ask.ts";
import { discard } from "./body.ts";
import type { Origin, Upstream } from "./upstream.ts";

/** What was asked for, and what it is called if it is not there. */
export interface Subject {
  /** For people, e.g. `library/busybox:1.30`. */
  readonly label: string;
  readonly unknown: ErrorCode;
}

/** It only makes the message better: nobody waits for it. */
const MAX_EXPLANATION_BYTES = 16 * 1024;
const MAX_EXPLANATION_MS = 1_000;

/**
 * @param reply an answer that is no success.
 * @returns the failure that it means to a client. The upstream's own text stays behind.
 */
export async function failureOf(
  upstream: Upstream,
  reply: Reply,
  subject: Subject,
): Promise<RegistryError> {
  const { label, unknown } = subject;
  const { status } = reply.response;
  if (status === 429) return rateLimited(upstream, reply.response, reply.url, label);
  discard(reply.response);
  if (!reply.isRegistry && status !== 404 && status < 500) return refusedByStorage(reply, label);
  if (status === 401) return new RegistryError("NAME_UNKNOWN", missingOrPrivate(label));
  if (status === 403)
    return new RegistryError("DENIED", `${label}: the upstream denies access, or does not have it`);
  if (status === 404 || status === 410) {
    return new RegistryError(unknown, `${label} is not known to the upstream`);
  }
  if (status >= 500 || status === 408) return unusable(reply.url, `answered with status ${status}`);
  return new RegistryError(
    "UNAVAILABLE",
    `${label}: ${reply.url.host} refused the request with status ${status}`,
    // What is asked for is well-formed: what the upstream takes amiss says nothing about it.
    { isPassing: status === 400 },
  );
}

/** @returns the failure of a host that did answer, but with nothing that can be used for now. */
export function unusable(url: URL, what: string): RegistryError {
  return new RegistryError("UNAVAILABLE", `${url.host} ${what}; try again`, { isPassing: true });
}

/** What may not be told apart: Docker Hub answers alike for both. */
export function missingOrPrivate(label: string): string {
  return `${label} does not exist or is private`;
}

/**
 * A 429 of the registry or of its token service. Docker Hub has two: the pull quota of an account
 * or address, and a limit on requests as such.
 */
export async function rateLimited(
  upstream: Origin,
  response: Response,
  url: URL,
  label: string,
): Promise<RegistryError> {
  const bytes = await upstream.http
    .read(response, url, MAX_EXPLANATION_BYTES, MAX_EXPLANATION_MS)
    .catch(() => null);
  const isQuota = /pull rate limit/i.test(new TextDecoder().decode(bytes ?? new Uint8Array()));
  const what = isQuota ? "the pull quota is used up" : "too many requests";
  const remedy = upstream.account
    ? "the mirror's account is configured, so wait or use one with a higher limit"
    : "the mirror has no account configured: its owner can set UPSTREAM_USERNAME and UPSTREAM_PASSWORD, or REGISTRY_ACCOUNTS";
  return new RegistryError("TOOMANYREQUESTS", `${label}: ${url.host} says ${what}; ${remedy}`, {
    retryAfterSeconds: parseRetryAfter(response.headers.get("retry-after"), upstream.now()),
    isPassing: true,
  });
}

function refusedByStorage(reply: Reply, label: string): RegistryError {
  const { status } = reply.response;
  return new RegistryError(
    "UNAVAILABLE",
    `${label}: the upstream's storage at ${reply.url.host} refused with status ${status}; try again`,
  );
}
