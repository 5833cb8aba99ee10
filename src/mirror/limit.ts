import { RegistryError } from "../protocol/errors.ts";
import { customerPrefix } from "../protocol/network.ts";
import type { Route } from "../protocol/route.ts";

/** Asks whether one more request with this key is within the limit. */
export type WithinLimit = (key: string) => Promise<boolean>;

/** The binding's window is 10 s or 60 s; clients that wait this long do not wait in vain. */
const RETRY_AFTER_SECONDS = 10;

/**
 * Counts what starts a pull: a tag, a list. What follows by digest is not counted, so that a pull
 * of many layers, with every retry of it, is one.
 *
 * @throws RegistryError TOOMANYREQUESTS.
 */
export async function checkLimit(
  isWithinLimit: WithinLimit | null,
  route: Route,
  { address, lock }: { readonly address: string | null; readonly lock: string | null },
): Promise<void> {
  if (isWithinLimit === null || !startsPull(route)) return;
  const client = address === null ? null : customerPrefix(address);
  const keys = [client && `client ${client}`, lock && `lock ${lock}`].filter((key) => key !== null);
  const verdicts = await Promise.all(keys.map(isWithinLimit));
  if (verdicts.every((isWithin) => isWithin)) return;
  throw new RegistryError("TOOMANYREQUESTS", "you ask this mirror for too much; wait, then go on", {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

function startsPull(route: Route): boolean {
  if (route.kind === "manifest") return route.reference.kind === "tag";
  return route.kind === "tags" || route.kind === "referrers";
}
