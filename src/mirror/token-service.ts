import {
  type Login,
  type MirrorToken,
  sealMirrorToken,
  TOKEN_PATH,
} from "../access/mirror-token.ts";
import { checkRateLimit } from "../access/rate-limit.ts";
import { loginKey, loginPartition } from "../cache/keys.ts";
import { type Account, findRegistry, type Registry, registryOfHost } from "../config/registries.ts";
import { parseBasic } from "../protocol/basic.ts";
import { RegistryError } from "../protocol/errors.ts";
import { inNamespace, type Name, parseImageName } from "../protocol/name.ts";
import type { Sealer } from "../protocol/seal.ts";
import { parseScope, type Token } from "../protocol/token.ts";
import type { Services } from "../services.ts";
import { knownScheme } from "../upstream/auth/challenge.ts";
import { ACCOUNT_REJECTED, requestToken } from "../upstream/auth/token.ts";
import { readUpTo } from "../upstream/http.ts";
import type { Upstream, UpstreamUsage } from "../upstream/upstream.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import type { ClientRequest } from "./target.ts";

interface TokenRequest {
  /** The account of the client; null for an anonymous request. */
  readonly account: Account | null;
  /** With the names that the client uses for repositories. */
  readonly scopes: readonly string[];
}

const ANONYMOUS_SECONDS = 300;
const MAX_FORM_BYTES = 64 * 1024;

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
  body: ReadableStream | null,
  usage: UpstreamUsage,
): Promise<Answer> {
  const { config, platform, negative, rateLimiter } = services;
  const registry = registryOfHost(config.registries, client.url.host);
  const { account, scopes } = await readTokenRequest(client, body);
  if (account === null) {
    const expiresAt = platform.now() + ANONYMOUS_SECONDS * 1000;
    return tokenAnswer(services, sealer, { login: null, expiresAt });
  }
  await checkRateLimit(rateLimiter, "login", client.location.address);
  const names = scopes.map((scope) => nameIn(scope, services, registry, client.pathSecret));
  const uniqueNames = [...new Set(names.filter((name) => name !== null))];
  const { username, password } = account;
  const accountHash = await sealer.hash(JSON.stringify([username, password]));
  const key = loginKey(loginPartition(registry.id, accountHash));
  const [first] = services.upstreamsOf(registry, usage);
  const upstream = { ...first, account };
  const token = await negative.guard(key, "limits", () => logIn(upstream, uniqueNames));
  const login: Login = { registry: registry.name, accountHash, upstreamToken: token.value };
  return tokenAnswer(services, sealer, { login, expiresAt: token.expiresAt });
}

async function tokenAnswer(
  { platform }: Services,
  sealer: Sealer,
  content: MirrorToken,
): Promise<Answer> {
  const now = platform.now();
  const token = await sealMirrorToken(sealer, content);
  const reply = {
    token,
    access_token: token,
    expires_in: Math.max(Math.floor((content.expiresAt - now) / 1000), 0),
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

async function readTokenRequest(
  { method, headers, url }: ClientRequest,
  body: ReadableStream | null,
): Promise<TokenRequest> {
  if (method === "GET" || method === "HEAD") {
    const scopes = url.searchParams.getAll("scope").flatMap((scope) => scope.split(" "));
    const authorization = headers.get("authorization");
    const account = parseBasic(authorization);
    if (authorization !== null && account === null) {
      throw new RegistryError("UNAUTHORIZED", "the login is unreadable; expected HTTP Basic");
    }
    return { account, scopes };
  }
  if (method !== "POST") throw unsupported(`${method} is not supported by the token service`);
  const form = await readForm(body);
  const [username, password] = [form.get("username"), form.get("password")];
  if (form.get("grant_type") !== "password" || username === null || password === null) {
    throw unsupported("this token service only supports grant_type=password");
  }
  return { account: { username, password }, scopes: (form.get("scope") ?? "").split(" ") };
}

async function readForm(body: ReadableStream | null): Promise<URLSearchParams> {
  const bytes = await readUpTo({ body, headers: new Headers() }, MAX_FORM_BYTES);
  if (bytes === null) throw unsupported(`the form is larger than ${MAX_FORM_BYTES} bytes`);
  return new URLSearchParams(new TextDecoder().decode(bytes));
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

function unsupported(message: string): RegistryError {
  return new RegistryError("UNSUPPORTED", message, {
    status: 405,
    headers: { allow: "GET, HEAD, POST" },
  });
}
