import { accountSpace, loginKey } from "../cache/keys.ts";
import { parseBasic, type UserPass } from "../protocol/basic.ts";
import { RegistryError } from "../protocol/errors.ts";
import { inNamespace, type Name, parseImageName } from "../protocol/name.ts";
import type { Sealer } from "../protocol/seal.ts";
import { parseScope, type Token } from "../protocol/token.ts";
import { ACCOUNT_REJECTED } from "../upstream/account.ts";
import { readUpTo } from "../upstream/body.ts";
import { requestToken } from "../upstream/token.ts";
import type { Context, Lobby } from "./context.ts";
import { checkLoginLimit } from "./limit.ts";
import { type Login, type Ticket, writeTicket } from "./login.ts";
import { findRegistry, registryOfHost } from "./registry.ts";
import { respondJson } from "./respond.ts";

/** Who asks the token service, and how. */
export interface TokenClient {
  /** What it may put in front of names, or null. */
  readonly pathSecret: string | null;
  /** Its IP address, or null. */
  readonly address: string | null;
  /** The mirror's host as it asked, with its port: that decides which registry it logs in to. */
  readonly host: string;
}

/** What a client asks the token service for. */
interface TokenRequest {
  readonly account: UserPass | null;
  /** As the client calls the repositories. */
  readonly scopes: readonly string[];
}

const ANONYMOUS_SECONDS = 300;
const MAX_FORM_BYTES = 64 * 1024;

/**
 * The mirror's own token service (Docker's token authentication specification; by POST, its OAuth2
 * form). Anybody gets a token; with an account of the upstream one that stands for what the
 * upstream grants it.
 *
 * @throws RegistryError UNAUTHORIZED for a wrong password, UNSUPPORTED for other grants and methods,
 * TOOMANYREQUESTS.
 */
export async function serveToken(
  lobby: Lobby,
  sealer: Sealer,
  request: Request,
  { pathSecret, address, host }: TokenClient,
): Promise<Response> {
  const context = await lobby.enter(registryOfHost(lobby.registries, host));
  const { account, scopes } = await readRequest(request);
  if (account === null) {
    return grant(context, sealer, {
      login: null,
      expiresAt: context.now() + ANONYMOUS_SECONDS * 1000,
    });
  }
  await checkLoginLimit(context.isWithinLimit, address);
  const names = scopes.map((scope) => readName(scope, context, pathSecret));
  const known = [...new Set(names.filter((name) => name !== null))];
  const accountHash = await sealer.hash(JSON.stringify([account.username, account.password]));
  const { name: registry, url: upstream } = context.registry;
  const key = loginKey(accountSpace(upstream.host, accountHash));
  const exchanged = context.refusals.guardLimit(key, () => exchange(context, account, known));
  const { value, expiresAt } = await exchanged;
  const login: Login = { registry, accountHash, upstreamToken: value };
  return grant(context, sealer, { login, expiresAt });
}

async function grant({ now }: Context, sealer: Sealer, ticket: Ticket): Promise<Response> {
  const token = await writeTicket(sealer, ticket);
  const reply = {
    token,
    access_token: token,
    expires_in: Math.max(Math.floor((ticket.expiresAt - now()) / 1000), 0),
    issued_at: new Date(now()).toISOString(),
  };
  return respondJson(JSON.stringify(reply), { isHead: false, isSecret: true });
}

/** Asks the upstream's token service with the client's own account. */
async function exchange(
  { upstream, scheme }: Context,
  account: UserPass,
  names: readonly Name[],
): Promise<Token> {
  const known = await scheme();
  if (known.kind !== "bearer") {
    throw new RegistryError("UNSUPPORTED", "the upstream has no token service to log in to");
  }
  return requestToken({ ...upstream, account }, known, names).catch((error: unknown) => {
    const isRejected = error instanceof RegistryError && error.reason === ACCOUNT_REJECTED;
    if (!isRejected) throw error;
    throw new RegistryError("UNAUTHORIZED", "the upstream rejects this username and password");
  });
}

async function readRequest(request: Request): Promise<TokenRequest> {
  if (request.method === "GET" || request.method === "HEAD") {
    const scopes = new URL(request.url).searchParams.getAll("scope");
    const authorization = request.headers.get("authorization");
    const account = parseBasic(authorization);
    if (authorization !== null && account === null) throw unreadableLogin();
    return { account, scopes: scopes.flatMap((scope) => scope.split(" ")) };
  }
  if (request.method !== "POST") throw unsupported(`${request.method} is not for a token service`);
  const form = await readForm(request);
  const [username, password] = [form.get("username"), form.get("password")];
  if (form.get("grant_type") !== "password" || username === null || password === null) {
    throw unsupported("this token service grants by password alone");
  }
  return { account: { username, password }, scopes: (form.get("scope") ?? "").split(" ") };
}

async function readForm({ body }: Request): Promise<URLSearchParams> {
  const bytes = await readUpTo({ body, headers: new Headers() }, MAX_FORM_BYTES);
  if (bytes === null) throw unsupported("this token service takes no form as large as that");
  return new URLSearchParams(new TextDecoder().decode(bytes));
}

/** @returns the upstream's name of what a scope is for; null if it is for nothing here. */
function readName(
  scope: string,
  { registry, registries }: Context,
  pathSecret: string | null,
): Name | null {
  const asked = parseScope(scope);
  const inside = pathSecret !== null && asked?.startsWith(`${pathSecret}/`);
  const image = parseImageName((inside ? asked?.slice(pathSecret.length + 1) : asked) ?? "");
  if (image === null) return null;
  if (image.host !== null && findRegistry(registries, image.host) !== registry) return null;
  return inNamespace(image.name, registry.namespace);
}

function unreadableLogin(): RegistryError {
  return new RegistryError("UNAUTHORIZED", "the login cannot be read: it must be HTTP Basic");
}

function unsupported(message: string): RegistryError {
  return new RegistryError("UNSUPPORTED", message, {
    status: 405,
    headers: { allow: "GET, HEAD, POST" },
  });
}
