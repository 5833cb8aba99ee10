import type { AuthScheme } from "../../protocol/challenge.ts";
import { isTransient } from "../../protocol/errors.ts";
import type { Name } from "../../protocol/name.ts";
import {
  basicHeader,
  bearerHeader,
  pullScope,
  type Token,
  type TokenIdentity,
} from "../../protocol/token.ts";
import { nameAt, type Upstream } from "../upstream.ts";
import { demandedScheme, knownScheme, rediscover } from "./challenge.ts";
import { type BearerScheme, requestToken } from "./token.ts";

/** Where tokens are kept until they expire. */
export interface TokenCache {
  /** @returns a valid token, as far as it is known without waiting, or null. */
  peek(identity: TokenIdentity): Token | null;
  read(identity: TokenIdentity): Promise<Token | null>;
  write(identity: TokenIdentity, token: Token): void;
  /** Keeps a token, which the registry has accepted, for others too. */
  persist(identity: TokenIdentity, token: Token): void;
}

/** Where the scheme of each registry is kept, by host. */
export interface ChallengeCache {
  peek(registry: string): AuthScheme | null;
  read(registry: string): Promise<AuthScheme | null>;
  write(registry: string, scheme: AuthScheme): void;
}

/** The credential of one request. */
export interface Credential {
  /** The `Authorization` header; null for a registry that demands none. */
  readonly header: string | null;
  /** Whether it was made for this request, so that another one would be no better. */
  readonly isFresh: boolean;
  /** The token of the mirror in it, or null. */
  readonly token: { readonly identity: TokenIdentity; readonly value: Token } | null;
}

const NONE: Credential = { header: null, isFresh: false, token: null };

/**
 * @returns the credential for pulling from `name`.
 * @throws RegistryError as `requestToken` and `knownScheme`.
 */
export async function authorize(upstream: Upstream, name: Name): Promise<Credential> {
  const { clientToken } = upstream;
  if (clientToken !== null) {
    return { header: `Bearer ${clientToken}`, isFresh: true, token: null };
  }
  const known = await knownScheme(upstream);
  try {
    return await credentialFor(upstream, known, name, null);
  } catch (error) {
    // The token service may have moved.
    if (!isTransient(error) || error.code !== "UNAVAILABLE") throw error;
    const changed = await rediscover(upstream, known);
    if (changed === null) throw error;
    return credentialFor(upstream, changed, name, null);
  }
}

/**
 * @param refused the credential that the registry answered with 401 or 400.
 * @param challenge the `WWW-Authenticate` header of that response, or null.
 * @returns a better credential; null if there is none.
 * @throws RegistryError as `authorize`.
 */
export async function renewCredential(
  upstream: Upstream,
  name: Name,
  refused: Credential,
  challenge: string | null,
): Promise<Credential | null> {
  if (upstream.clientToken !== null) return null;
  const known = await knownScheme(upstream);
  const changed = await demandedScheme(upstream, known, challenge);
  if (refused.isFresh && changed === null) return null;
  const credential = await credentialFor(upstream, changed ?? known, name, refused.header);
  return credential.isFresh || credential.header !== refused.header ? credential : null;
}

/** Reads the token that `authorize` will need, so that it need not wait for it later. */
export async function readTokenAhead(upstream: Upstream, name: Name): Promise<void> {
  const { clientToken, challenges, tokens, url } = upstream;
  if (clientToken !== null) return;
  const scheme = challenges.peek(url.host) ?? (await challenges.read(url.host));
  if (scheme?.kind === "bearer") await tokens.read(identityOf(upstream, scheme, name));
}

/** Keeps the token of an accepted request for other isolates. */
export function recordAccepted({ tokens }: Upstream, { token }: Credential): void {
  if (token !== null) tokens.persist(token.identity, token.value);
}

/** @param refusedHeader is not used again: a cached token that the registry refuses; or null. */
async function credentialFor(
  upstream: Upstream,
  scheme: AuthScheme,
  name: Name,
  refusedHeader: string | null,
): Promise<Credential> {
  const { account, tokens, singleFlight } = upstream;
  if (scheme.kind === "open") return NONE;
  if (scheme.kind === "basic") {
    const header = account && basicHeader(account.username, account.password);
    return { header, isFresh: true, token: null };
  }
  const identity = identityOf(upstream, scheme, name);
  const held = tokens.peek(identity);
  if (held !== null && bearerHeader(held) !== refusedHeader) return tokenCredential(identity, held);
  const key = `token ${JSON.stringify(identity)} ${refusedHeader}`;
  const { value } = await singleFlight(key, async () => {
    const cached = await tokens.read(identity);
    if (cached !== null && bearerHeader(cached) !== refusedHeader) {
      return tokenCredential(identity, cached);
    }
    const token = await requestToken(upstream, scheme, [name]);
    tokens.write(identity, token);
    return { ...tokenCredential(identity, token), isFresh: true };
  });
  return value;
}

function identityOf(
  upstream: Upstream,
  { realm, service }: BearerScheme,
  name: Name,
): TokenIdentity {
  const { url, account } = upstream;
  const username = account?.username ?? null;
  const scope = pullScope(nameAt(upstream, name));
  return { registry: url.host, username, realm, service, scope };
}

function tokenCredential(identity: TokenIdentity, value: Token): Credential {
  return { header: bearerHeader(value), isFresh: false, token: { identity, value } };
}
