import { type ErrorCode, RegistryError } from "../protocol/errors.ts";
import { parseRetryAfter } from "../protocol/retry-after.ts";
import { discard, failing } from "./http.ts";
import type { RegistryResponse } from "./registry.ts";
import type { Upstream } from "./upstream.ts";

/** The requested object, and the error code if it is missing. */
export interface Subject {
  /** For messages, such as `library/busybox:1.30`. */
  readonly label: string;
  readonly unknown: ErrorCode;
}

/** The text only improves a message, so no request waits long for it. */
const MAX_EXPLANATION_MS = 1_000;
const MAX_EXPLANATION_BYTES = 16 * 1024;

/**
 * @param answer with any status but a success.
 * @returns the error for the client. It contains no text of the upstream.
 */
export async function failureOf(
  upstream: Upstream,
  answer: RegistryResponse,
  { label, unknown }: Subject,
): Promise<RegistryError> {
  const { response, url, isRegistry } = answer;
  const { status } = response;
  if (status === 429) return rateLimited(upstream, response, url, label);
  discard(response);
  if (!isRegistry && status !== 404 && status < 500) {
    return new RegistryError(
      "UNAVAILABLE",
      `${label}: the upstream's storage at ${url.host} refused the request with status ${status}; try again`,
    );
  }
  if (status === 401) {
    return new RegistryError("NAME_UNKNOWN", missingOrPrivate(label), { isRejection: true });
  }
  if (status === 403) {
    return new RegistryError("DENIED", `${label}: the upstream denies access or does not have it`);
  }
  if (status === 404 || status === 410) {
    return new RegistryError(unknown, `${label} was not found upstream`);
  }
  if (status >= 500 || status === 408) return failing(url, status);
  return new RegistryError(
    "UNAVAILABLE",
    `${label}: ${url.host} refused the request with status ${status}`,
    // The mirror sends well-formed requests, so a 400 says nothing about the image.
    { isTransient: status === 400 },
  );
}

/** Docker Hub does not distinguish the two. */
export function missingOrPrivate(label: string): string {
  return `${label} does not exist or is private`;
}

/**
 * A 429 of the registry or its token service. Docker Hub has two limits: the pull quota of an
 * account or address, and a limit of requests.
 */
export async function rateLimited(
  { http, account, now, usage }: Upstream,
  response: Response,
  url: URL,
  label: string,
): Promise<RegistryError> {
  const share = { endsAt: now() + MAX_EXPLANATION_MS, ms: MAX_EXPLANATION_MS };
  const brief = { ...usage, share };
  const bytes = await http.read(response, url, brief, MAX_EXPLANATION_BYTES).catch(() => null);
  const isQuota = /pull rate limit/i.test(new TextDecoder().decode(bytes ?? new Uint8Array()));
  const problem = isQuota ? "the pull quota is used up" : "too many requests";
  const remedy = account
    ? "the mirror's account is configured: wait, or use one with a higher limit"
    : "the mirror has no account configured: its owner can set UPSTREAM_USERNAME and UPSTREAM_PASSWORD, or REGISTRY_ACCOUNTS";
  return new RegistryError(
    "TOOMANYREQUESTS",
    `${label}: ${url.host} reports: ${problem}; ${remedy}`,
    {
      retryAfterSeconds: parseRetryAfter(response.headers.get("retry-after"), now()),
      isTransient: true,
    },
  );
}
