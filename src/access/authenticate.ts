import type { AccessConfig, NamedSecret } from "../config/access.ts";
import { parseBasic, parseBearer, type UserPass } from "../protocol/basic.ts";
import { isSameSecret } from "../protocol/digest.ts";
import { RegistryError } from "../protocol/errors.ts";
import type { ClientLocation } from "../protocol/network.ts";
import { isImagePath, isRegistryPath } from "../protocol/route.ts";
import { parseScope } from "../protocol/token.ts";
import { bearerChallenge, openLockToken, TOKEN_PATH } from "./mirror-token.ts";
import { readTokenRequest } from "./token-request.ts";

/** The result of a successful authentication. */
export interface Admission {
  /** The path without the secret. */
  readonly pathname: string;
  /** The part of this client's paths before a repository name: `/v2/` without a path secret. */
  readonly basePath: string;
  /** The path secret of the request, or null. */
  readonly pathSecret: string | null;
  /** The path secret or user that admits the client; null for an open mirror. */
  readonly lock: NamedSecret | null;
}

type Locks = Pick<AccessConfig, "paths" | "users" | "networks">;

const OPEN_BASE = "/v2/";
/** A client asks for few repositories at once; more would be guesses. */
const MAX_SCOPES = 16;
const LOG_IN = "log in to this mirror first: docker login";
const WRONG_LOGIN = "this mirror has no user with this name and password";

/**
 * Checks the path secret or user, if any are configured, and then the network.
 *
 * @param received where and when: `startedAt` is in milliseconds since 1970.
 * @returns null if the answer must not reveal that there is a registry.
 * @throws RegistryError UNAUTHORIZED if a user can log in, DENIED outside the allowed networks.
 */
export async function authenticate(
  access: Locks,
  request: Request,
  received: { readonly client: ClientLocation; readonly startedAt: number },
): Promise<Admission | null> {
  const admission = await checkSecrets(access, request, received.startedAt);
  if (admission === null) return null;
  const { paths, networks } = access;
  const { pathname } = admission;
  // The scopes of a token request repeat the secret, since it is a part of the client's names.
  const query = pathname === TOKEN_PATH ? "" : new URL(request.url).search;
  if (containsSecret(paths, pathname + query)) return null;
  const isAllowed = networks.some((contains) => contains(received.client));
  if (networks.length === 0 || isAllowed) return admission;
  throw new RegistryError("DENIED", "this mirror does not serve your network");
}

/**
 * @returns whether the path is that of the token service for both kinds of locks. Docker asks for a
 * token before it sends a path secret, and without a login only if `/v2/` asks for one.
 */
export function isLockTokenPath({ paths, users }: Locks, pathname: string): boolean {
  return paths.length > 0 && users.length > 0 && pathname === TOKEN_PATH;
}

async function checkSecrets(
  access: Locks,
  request: Request,
  now: number,
): Promise<Admission | null> {
  const { paths, users } = access;
  const { pathname, origin } = new URL(request.url);
  const open = { pathname, basePath: OPEN_BASE, pathSecret: null };
  if (paths.length === 0 && users.length === 0) return { ...open, lock: null };
  const byPath = await checkPathSecret(paths, pathname);
  if (byPath !== null || users.length === 0) return byPath;
  if (isLockTokenPath(access, pathname)) {
    const { account, scopes } = await readTokenRequest(request);
    const lock = (await findUser(users, account)) ?? (await findInScopes(paths, scopes));
    if (lock !== null) return { ...open, lock };
    throw new RegistryError("UNAUTHORIZED", account === null ? LOG_IN : WRONG_LOGIN);
  }
  const authorization = request.headers.get("authorization");
  const lock =
    (await findUser(users, parseBasic(authorization))) ??
    (await openLockToken(access, parseBearer(authorization), now));
  if (lock !== null) return { ...open, lock };
  if (!isRegistryPath(pathname)) return null;
  if (paths.length > 0) throw bearerChallenge(origin + TOKEN_PATH, null, LOG_IN);
  throw new RegistryError("UNAUTHORIZED", LOG_IN, {
    headers: { "www-authenticate": 'Basic realm="mirror", charset="UTF-8"' },
  });
}

/**
 * Accepts `/<secret>/v2/…`, as in registry-mirrors and hosts.toml, `/v2/<secret>/…`, and
 * `/<secret>/…` for images.
 */
async function checkPathSecret(
  paths: readonly NamedSecret[],
  pathname: string,
): Promise<Admission | null> {
  const [, base, pathSecret = "", rest = ""] = /^\/(v2\/)?([^/]*)(.*)$/.exec(pathname) ?? [];
  const lock = await findSecret(paths, pathSecret);
  if (lock === null) return null;
  // k3s and RKE2 leave out the /v2 of an endpoint with a path.
  const isShort = !isRegistryPath(rest) && isImagePath(`/v2${rest}`);
  const admission = { pathSecret, lock, pathname: rest || "/" };
  if (base === undefined && !isShort) return { ...admission, basePath: `/${pathSecret}/v2/` };
  const basePath = `/${base ?? ""}${pathSecret}/`;
  return { ...admission, pathname: `/v2${admission.pathname}`, basePath };
}

/**
 * A second secret in the path or query would be taken for a name or the page of a list, and reach
 * the log and the upstream. The decoder of queries leaves a malformed sequence as it is.
 */
function containsSecret(paths: readonly NamedSecret[], text: string): boolean {
  const decoded = new URLSearchParams(text).toString();
  return paths.some(({ secret }) => text.includes(secret) || decoded.includes(secret));
}

async function findUser(
  users: readonly NamedSecret[],
  account: UserPass | null,
): Promise<NamedSecret | null> {
  if (account === null) return null;
  const given = JSON.stringify([account.username, account.password]);
  return find(users, given, ({ name, secret }) => JSON.stringify([name, secret]));
}

/** Finds a path secret as the first component of a repository. */
async function findInScopes(
  paths: readonly NamedSecret[],
  scopes: readonly string[],
): Promise<NamedSecret | null> {
  for (const scope of scopes.slice(0, MAX_SCOPES)) {
    const lock = await findSecret(paths, parseScope(scope)?.split("/", 1)[0] ?? "");
    if (lock !== null) return lock;
  }
  return null;
}

function findSecret(paths: readonly NamedSecret[], given: string): Promise<NamedSecret | null> {
  return find(paths, given, ({ secret }) => secret);
}

/** Compares with every entry, so that the time does not depend on which one it is. */
async function find(
  locks: readonly NamedSecret[],
  given: string,
  expectedBy: (lock: NamedSecret) => string,
): Promise<NamedSecret | null> {
  const results = await Promise.all(locks.map((lock) => isSameSecret(expectedBy(lock), given)));
  return locks.find((_, index) => results[index]) ?? null;
}
