import { parseBasic } from "../protocol/basic.ts";
import { isSameSecret } from "../protocol/digest.ts";
import { RegistryError } from "../protocol/errors.ts";
import { isInNetwork, type Origination } from "../protocol/network.ts";
import { decodeSegment, isRegistryPath } from "../protocol/route.ts";
import type { NamedSecret } from "../protocol/secret-list.ts";
import type { AccessConfig } from "./context.ts";

/** A request that may come in. */
export interface Admission {
  /** The path without the secret, as an open mirror would have been asked. */
  readonly pathname: string;
  /** What stands between the host and a repository's name in this client's paths. */
  readonly base: string;
  /** What opened, if it was a path secret. */
  readonly pathSecret: string | null;
  /** The name of the lock that opened, for the log; null where there is none. */
  readonly lock: string | null;
}

/** What the door is shown. */
export interface Visit {
  readonly pathname: string;
  readonly authorization: string | null;
  readonly from: Origination;
}

const OPEN_BASE = "/v2/";

/**
 * Opens to a path secret or a user; to everybody if there are neither. Networks narrow.
 *
 * @returns null if nothing may be shown, not even that there is a registry.
 * @throws RegistryError UNAUTHORIZED where a user could log in, DENIED outside the networks.
 */
export async function admit(access: AccessConfig, visit: Visit): Promise<Admission | null> {
  const admission = await unlock(access, visit);
  if (admission === null) return null;
  const { networks } = access;
  if (networks.length === 0 || networks.some((network) => isInNetwork(network, visit.from))) {
    return admission;
  }
  throw new RegistryError("DENIED", "this mirror does not serve your network");
}

async function unlock(access: AccessConfig, visit: Visit): Promise<Admission | null> {
  const { pathname, authorization } = visit;
  const open = { pathname, base: OPEN_BASE, pathSecret: null };
  if (access.paths.length === 0 && access.users.length === 0) return { ...open, lock: null };
  const byPath = await unlockByPath(access.paths, pathname);
  if (byPath !== null) return hasSecret(access.paths, byPath.pathname) ? null : byPath;
  if (access.users.length === 0) return null;
  const user = await findUser(access.users, authorization);
  if (user !== null) return hasSecret(access.paths, pathname) ? null : { ...open, lock: user };
  if (!isRegistryPath(pathname)) return null;
  throw new RegistryError("UNAUTHORIZED", "log in to this mirror first: docker login", {
    headers: { "www-authenticate": 'Basic realm="mirror", charset="UTF-8"' },
  });
}

/** `/<secret>/v2/…`, as registry-mirrors and hosts.toml have it, or `/v2/<secret>/…`. */
async function unlockByPath(
  paths: readonly NamedSecret[],
  pathname: string,
): Promise<Admission | null> {
  const [, first = "", second = ""] = pathname.split("/", 3);
  const isInside = first === "v2";
  const secret = isInside ? second : first;
  const lock = await findName(paths, secret);
  if (lock === null) return null;
  const rest = pathname.slice((isInside ? OPEN_BASE : "/").length + secret.length);
  const inside = { pathname: `/v2${rest || "/"}`, base: `/v2/${secret}/` };
  const below = { pathname: rest || "/", base: `/${secret}/v2/` };
  return { ...(isInside ? inside : below), pathSecret: secret, lock };
}

/**
 * A secret behind the door would pass for a part of a name, and reach the log and the upstream.
 * Decoded one by one: a segment that is malformed hides none of the others.
 */
function hasSecret(paths: readonly NamedSecret[], pathname: string): boolean {
  const texts = [pathname, pathname.split("/").map(decodeSegment).join("/")];
  return paths.some(({ secret }) => texts.some((text) => text.includes(secret)));
}

async function findUser(
  users: readonly NamedSecret[],
  authorization: string | null,
): Promise<string | null> {
  const given = parseBasic(authorization);
  if (given === null) return null;
  const wanted = users.map(({ name, secret }) => ({
    name,
    secret: JSON.stringify([name, secret]),
  }));
  return findName(wanted, JSON.stringify([given.username, given.password]));
}

/** Looks at every entry, whichever matches, so that the time says nothing. */
async function findName(secrets: readonly NamedSecret[], given: string): Promise<string | null> {
  const matches = await Promise.all(
    secrets.map(async ({ name, secret }) => ((await isSameSecret(secret, given)) ? name : null)),
  );
  return matches.find((name) => name !== null) ?? null;
}
