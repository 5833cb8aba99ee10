import type { AccessConfig, NamedSecret } from "../config/access.ts";
import { parseBasic } from "../protocol/basic.ts";
import { isSameSecret } from "../protocol/digest.ts";
import { RegistryError } from "../protocol/errors.ts";
import { type ClientLocation, isInNetwork } from "../protocol/network.ts";
import { decodeSegment, isRegistryPath } from "../protocol/route.ts";

/** The result of a successful authentication. */
export interface Admission {
  /** The path without the secret. */
  readonly pathname: string;
  /** The part of this client's paths before a repository name: `/v2/` without a path secret. */
  readonly basePath: string;
  /** The path secret of the request, or null. */
  readonly pathSecret: string | null;
  /** The name of the path secret or user, for the log; null for an open mirror. */
  readonly lock: string | null;
}

/** The parts of a request that authentication uses. */
export interface AccessRequest {
  readonly pathname: string;
  /** The query with its question mark, or empty. */
  readonly search: string;
  readonly authorization: string | null;
  readonly location: ClientLocation;
}

type Locks = Pick<AccessConfig, "paths" | "users" | "networks">;

const OPEN_BASE = "/v2/";

/**
 * Checks the path secret or user, if any are configured, and then the network.
 *
 * @returns null if the answer must not reveal that there is a registry.
 * @throws RegistryError UNAUTHORIZED if a user can log in, DENIED outside the allowed networks.
 */
export async function authenticate(
  access: Locks,
  request: AccessRequest,
): Promise<Admission | null> {
  const admission = await checkSecrets(access, request);
  if (admission === null) return null;
  const { networks } = access;
  const isAllowed = networks.some((network) => isInNetwork(network, request.location));
  if (networks.length === 0 || isAllowed) return admission;
  throw new RegistryError("DENIED", "this mirror does not serve your network");
}

async function checkSecrets(
  access: Locks,
  { pathname, search, authorization }: AccessRequest,
): Promise<Admission | null> {
  const { paths, users } = access;
  const open = { pathname, basePath: OPEN_BASE, pathSecret: null };
  if (paths.length === 0 && users.length === 0) return { ...open, lock: null };
  const byPath = await checkPathSecret(paths, pathname);
  if (byPath !== null) return containsSecret(paths, byPath.pathname, search) ? null : byPath;
  if (users.length === 0) return null;
  const user = await findUser(users, authorization);
  if (user !== null)
    return containsSecret(paths, pathname, search) ? null : { ...open, lock: user };
  if (!isRegistryPath(pathname)) return null;
  throw new RegistryError("UNAUTHORIZED", "log in to this mirror first: docker login", {
    headers: { "www-authenticate": 'Basic realm="mirror", charset="UTF-8"' },
  });
}

/** Accepts `/<secret>/v2/…`, as in registry-mirrors and hosts.toml, and `/v2/<secret>/…`. */
async function checkPathSecret(
  paths: readonly NamedSecret[],
  pathname: string,
): Promise<Admission | null> {
  const [, first = "", second = ""] = pathname.split("/", 3);
  const isAfterBase = first === "v2";
  const pathSecret = isAfterBase ? second : first;
  const lock = await findName(paths, pathSecret);
  if (lock === null) return null;
  const rest = pathname.slice((isAfterBase ? OPEN_BASE : "/").length + pathSecret.length);
  return isAfterBase
    ? { pathname: `/v2${rest || "/"}`, basePath: `/v2/${pathSecret}/`, pathSecret, lock }
    : { pathname: rest || "/", basePath: `/${pathSecret}/v2/`, pathSecret, lock };
}

/**
 * A second secret in the path or query would be taken for a name or the page of a list, and reach
 * the log and the upstream. Segments are decoded one by one, so that a malformed one does not hide the others.
 */
function containsSecret(paths: readonly NamedSecret[], pathname: string, search: string): boolean {
  const decoded = pathname.split("/").map(decodeSegment).join("/");
  const texts = [pathname, decoded, search, new URLSearchParams(search).toString()];
  return paths.some(({ secret }) => texts.some((text) => text.includes(secret)));
}

async function findUser(
  users: readonly NamedSecret[],
  authorization: string | null,
): Promise<string | null> {
  const given = parseBasic(authorization);
  if (given === null) return null;
  const pairs = users.map(({ name, secret }) => ({ name, secret: JSON.stringify([name, secret]) }));
  return findName(pairs, JSON.stringify([given.username, given.password]));
}

/** Compares every entry in constant time. @returns the name of the matching entry, or null. */
async function findName(secrets: readonly NamedSecret[], given: string): Promise<string | null> {
  const matches = await Promise.all(
    secrets.map(async ({ name, secret }) => ((await isSameSecret(secret, given)) ? name : null)),
  );
  return matches.find((name) => name !== null) ?? null;
}
