import type { ReportFailure } from "../cache/store.ts";
import { RegistryError } from "../protocol/errors.ts";
import { customerPrefix } from "../protocol/network.ts";
import type { Route } from "../protocol/route.ts";

/**
 * Counts the requests of a client, and its logins separately, so that nobody can try passwords for
 * long. A client without a known address is not counted.
 *
 * @throws RegistryError TOOMANYREQUESTS.
 */
export type RateLimiter = (kind: "client" | "login", address: string | null) => Promise<void>;

/** The window of the binding is 10 s or 60 s. */
const RETRY_AFTER_SECONDS = 10;

/** @returns a limiter that allows every request without a binding, and while it fails. */
export function createRateLimiter(
  binding: RateLimit | undefined,
  report: ReportFailure,
): RateLimiter {
  async function isWithinLimit(key: string): Promise<boolean> {
    try {
      return binding === undefined || (await binding.limit({ key })).success;
    } catch (cause) {
      report("rate limit", "count", cause);
      return true;
    }
  }
  return async (kind, address) => {
    const prefix = customerPrefix(address ?? "");
    if (prefix === null || (await isWithinLimit(`${kind} ${prefix}`))) return;
    const message = "rate limit exceeded: wait before the next request";
    const retryAfterSeconds = RETRY_AFTER_SECONDS;
    throw new RegistryError("TOOMANYREQUESTS", message, { retryAfterSeconds });
  };
}

/**
 * @returns whether the request starts a pull: a tag or a list. The requests by digest that follow
 * are not counted, so that a pull of many layers counts once.
 */
export function startsPull(route: Route): boolean {
  if (route.kind === "manifest") return route.reference.kind === "tag";
  return route.kind === "tags" || route.kind === "referrers";
}
