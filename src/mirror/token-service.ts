import { type Login, sealLockToken, sealMirrorToken, TOKEN_PATH } from "../access/mirror-token.ts";
import { readTokenRequest } from "../access/token-request.ts";
import { loginKey, loginPartition } from "../cache/keys.ts";
import type { NamedSecret } from "../config/access.ts";
import { findRegistry, type Registry, registryOfHost } from "../config/registries.ts";
import { RegistryError } from "../protocol/errors.ts";
import { inNamespace, type Name, parseImageName } from "../protocol/name.ts";
import type { Sealer } from "../protocol/seal.ts";
import { parseScope, type Token } from "../protocol/token.ts";
import type { Services } from "../services.ts";
import { knownScheme } from "../upstream/auth/challenge.ts";
import { ACCOUNT_REJECTED, requestToken } from "../upstream/auth/token.ts";
import type { Upstream, UpstreamUsage } from "../upstream/upstream.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import type { ClientRequest } from "./target.ts";

/** The lifetime of a token without an upstream account. */
const TOKEN_SECONDS = 300;

/** @returns the URL of the mirror's token service for this client. */
export function tokenRealm({ url, pathSecret }: ClientRequest): string {
  return `${url.origin}${pathSecret === null ? "" : `/${pathSecret}`}${TOKEN_PATH}`;
}

/**
 * The mirror's token service (Docker's token authentication specification; POST is its OAuth2
 * form). Everyone gets a token. With an upstream account, it contains the token that the upstream
 * grants to that account.
 *
 * @throws RegistryError UNAUTHORIZED for a wrong password, UNSUPPORTED for other grants and methods,
 * TOOMANYREQUESTS.
 */
export async function serveToken(
  services: Services,
  sealer: Sealer,
  client: ClientRequest,
  request: Request,
  usage: UpstreamUsage,
): Promise<Answer> {
  const { config, negative, rateLimiter } = services;
  const registry = registryOfHost(config.registries, client.url.host);
  const { account, scopes } = await readTokenRequest(request);
  if (account === null) {
    const expiresAt = expiryOf(services);
    const token = await sealMirrorToken(sealer, { login: null, expiresAt });
    return tokenAnswer(services, token, expiresAt);
  }
  await rateLimiter("login", client.location.address);
  const names = scopes.map((scope) => nameIn(scope, services, registry, client.pathSecret));
  const uniqueNames = [...new Set(names.filter((name) => name !== null))];
  const { username, password } = account;
  const accountHash = await sealer.hash(JSON.stringify([username, password]));
  const key = loginKey(loginPartition(registry.id, accountHash));
  const [first] = services.upstreamsOf(registry, usage);
  const upstream = { ...first, account };
  const token = await negative.guard(key, "limits", () => logIn(upstream, uniqueNames));
  const login: Login = { registry: registry.name, accountHash, upstreamToken: token.value };
  const { expiresAt } = token;
  return tokenAnswer(services, await sealMirrorToken(sealer, { login, expiresAt }), expiresAt);
}

/** The token service for a path secret or user of this mirror, which the request has opened. */
export async function serveLockToken(services: Services, lock: NamedSecret): Promise<Answer> {
  const expiresAt = expiryOf(services);
  const token = await sealLockToken(services.config.access, lock, expiresAt);
  return tokenAnswer(services, token, expiresAt);
}

function expiryOf({ platform }: Services): number {
  return platform.now() + TOKEN_SECONDS * 1000;
}

function tokenAnswer({ platform }: Services, token: string, expiresAt: number): Answer {
  const now = platform.now();
  const reply = {
    token,
    access_token: token,
    expires_in: Math.max(Math.floor((expiresAt - now) / 1000), 0),
    issued_at: new Date(now).toISOString(),
  };
  return jsonAnswer(JSON.stringify(reply), { isSecret: true });
}

/** Gets a token of the upstream's token service for the client's account. */
async function logIn(upstream: Upstream, names: readonly Name[]): Promise<Token> {
  const scheme = await knownScheme(upstream);
  if (scheme.kind !== "bearer") {
    throw new RegistryError("UNSUPPORTED", "the upstream has no token service for logins");
  }
  try {
    return await requestToken(upstream, scheme, names);
  } catch (error) {
    const isRejected = error instanceof RegistryError && error.reason === ACCOUNT_REJECTED;
    if (!isRejected) throw error;
    throw new RegistryError("UNAUTHORIZED", "the upstream rejects this username and password");
  }
}

/** @returns the upstream's name of a scope's repository; null if it belongs elsewhere. */
function nameIn(
  scope: string,
  { config }: Services,
  registry: Registry,
  pathSecret: string | null,
): Name | null {
  const requested = parseScope(scope) ?? "";
  const prefix = `${pathSecret}/`;
  const hasSecret = pathSecret !== null && requested.startsWith(prefix);
  const image = parseImageName(hasSecret ? requested.slice(prefix.length) : requested);
  if (image === null) return null;
  const isElsewhere =
    image.host !== null && findRegistry(config.registries, image.host) !== registry;
  return isElsewhere ? null : inNamespace(image.name, registry.namespace);
}
