import { parseBasic, type UserPass } from "../protocol/basic.ts";
import { RegistryError } from "../protocol/errors.ts";
import { inNamespace, type Name, parseImageName } from "../protocol/name.ts";
import type { Sealer } from "../protocol/seal.ts";
import { parseScope, type Token } from "../protocol/token.ts";
import { ACCOUNT_REJECTED, requestToken } from "../upstream/token.ts";
import type { Context } from "./context.ts";
import { isAlias, type Naming } from "./image.ts";
import { type Login, writeTicket } from "./login.ts";
import { respondToken } from "./respond.ts";

/** What a client asks the token service for. */
interface TokenRequest {
  readonly account: UserPass | null;
  /** As the client calls the repositories. */
  readonly scopes: readonly string[];
}

const ANONYMOUS_SECONDS = 300;
const MAX_FORM_LENGTH = 64 * 1024;

/**
 * The mirror's own token service (Docker's token authentication specification; by POST, its OAuth2
 * form). Anybody gets a token; with an account of the upstream one that stands for what the
 * upstream grants it.
 *
 * @param pathSecret what clients may put in front of names, or null.
 * @throws RegistryError UNAUTHORIZED for a wrong password, UNSUPPORTED for other grants and methods.
 */
export async function serveToken(
  context: Context,
  sealer: Sealer,
  request: Request,
  pathSecret: string | null,
): Promise<Response> {
  const { account, scopes } = await readRequest(request);
  const now = context.now();
  if (account === null) {
    const expiresAt = now + ANONYMOUS_SECONDS * 1000;
    return respondToken(await writeTicket(sealer, { login: null, expiresAt }), expiresAt, now);
  }
  const names = scopes.map((scope) => readName(scope, context.naming, pathSecret));
  const known = [...new Set(names.filter((name) => name !== null))];
  const { value, expiresAt } = await exchange(context, account, known);
  const accountHash = await sealer.hash(account.username);
  const login: Login = { accountHash, upstreamToken: value, names: known };
  return respondToken(await writeTicket(sealer, { login, expiresAt }), expiresAt, now);
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
  const form = new URLSearchParams((await request.text()).slice(0, MAX_FORM_LENGTH));
  const [username, password] = [form.get("username"), form.get("password")];
  if (form.get("grant_type") !== "password" || username === null || password === null) {
    throw unsupported("this token service grants by password alone");
  }
  return { account: { username, password }, scopes: (form.get("scope") ?? "").split(" ") };
}

/** @returns the upstream's name of what a scope is for; null if it is for nothing here. */
function readName(scope: string, naming: Naming, pathSecret: string | null): Name | null {
  const asked = parseScope(scope);
  const inside = pathSecret !== null && asked?.startsWith(`${pathSecret}/`);
  const image = parseImageName((inside ? asked?.slice(pathSecret.length + 1) : asked) ?? "");
  if (image === null || (image.host !== null && !isAlias(image.host, naming))) return null;
  return inNamespace(image.name, naming.namespace);
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
