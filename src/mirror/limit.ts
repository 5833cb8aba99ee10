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
  client: LimitedClient,
): Promise<void> {
  if (startsPull(route)) await checkClientLimit(isWithinLimit, client);
}

/** Who is counted: an address, and the name of a lock; null for what there is not. */
export interface LimitedClient {
  readonly address: string | null;
  readonly lock: string | null;
}

/** @throws RegistryError TOOMANYREQUESTS. */
export async function checkClientLimit(
  isWithinLimit: WithinLimit | null,
  { address, lock }: LimitedClient,
): Promise<void> {
  const client = clientOf(address);
  await count(isWithinLimit, [client && `client ${client}`, lock && `lock ${lock}`]);
}

/**
 * Counts logins apart from pulls, so that nobody can try passwords through this mirror for long.
 *
 * @throws RegistryError TOOMANYREQUESTS.
 */
export async function checkLoginLimit(
  isWithinLimit: WithinLimit | null,
  address: string | null,
): Promise<void> {
  const client = clientOf(address);
  await count(isWithinLimit, [client && `login ${client}`]);
}

async function count(
  isWithinLimit: WithinLimit | null,
  keys: readonly (string | null)[],
): Promise<void> {
  if (isWithinLimit === null) return;
  const verdicts = await Promise.all(keys.filter((key) => key !== null).map(isWithinLimit));
  if (verdicts.every((isWithin) => isWithin)) return;
  throw new RegistryError("TOOMANYREQUESTS", "you ask this mirror for too much; wait, then go on", {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

function clientOf(address: string | null): string | null {
  return address === null ? null : customerPrefix(address);
}

function startsPull(route: Route): boolean {
  if (route.kind === "manifest") return route.reference.kind === "tag";
  return route.kind === "tags" || route.kind === "referrers";
}
