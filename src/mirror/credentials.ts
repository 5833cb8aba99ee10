import type { Share } from "../cache/flight.ts";
import { schemeKey, tokenKey } from "../cache/keys.ts";
import type { SchemeCache } from "../cache/scheme.ts";
import type { TokenCache } from "../cache/token.ts";
import { isSameScheme, readScheme, type Scheme } from "../protocol/challenge.ts";
import { isPassing } from "../protocol/errors.ts";
import type { Name } from "../protocol/name.ts";
import { basicHeader, bearerHeader, grantsPull, pullScope } from "../protocol/token.ts";
import { discoverScheme, trustedRealm } from "../upstream/scheme.ts";
import { requestToken } from "../upstream/token.ts";
import type { Credential, Credentials, Origin } from "../upstream/upstream.ts";

export interface CredentialDeps {
  readonly upstream: Origin;
  readonly schemes: SchemeCache;
  readonly tokens: TokenCache;
  readonly share: Share;
}

type Bearer = Extract<Scheme, { kind: "bearer" }>;

/** @returns the mirror's own credentials: those of its account, or anonymous ones. */
export function createCredentials(deps: CredentialDeps): Credentials {
  return {
    async get(name) {
      const scheme = await knownScheme(deps);
      return credentialFor(deps, scheme, name).catch(async (error: unknown) => {
        const current = mayHaveMoved(error) ? await rediscover(deps, scheme) : scheme;
        if (isSameScheme(current, scheme)) throw error;
        return credentialFor(deps, current, name);
      });
    },
    async renew(name, refused, challenge) {
      const known = await knownScheme(deps);
      const demanded = readScheme(challenge);
      const scheme = demanded.kind === "open" ? known : demanded;
      const isNews = !isSameScheme(scheme, known);
      if (isNews) remember(deps, scheme);
      if (refused.isFresh && !isNews) return null;
      const credential = await credentialFor(deps, scheme, name, refused);
      return credential.header === refused.header ? null : credential;
    },
  };
}

/** @returns how the upstream wants to be asked, as remembered or as it says now. */
export async function knownScheme(deps: CredentialDeps): Promise<Scheme> {
  const key = schemeKeyOf(deps);
  const near = deps.schemes.peek(key);
  if (near !== null) return near;
  return deps.share(key, async () => {
    const known = await deps.schemes.read(key);
    return known && isTrusted(deps, known) ? known : discover(deps);
  });
}

async function discover(deps: CredentialDeps): Promise<Scheme> {
  const scheme = await discoverScheme(deps.upstream);
  remember(deps, scheme);
  return scheme;
}

/** @returns what the upstream asks for now; `known` if it does not say. */
async function rediscover(deps: CredentialDeps, known: Scheme): Promise<Scheme> {
  const flight = `${schemeKeyOf(deps)} anew`;
  return deps.share(flight, () => discover(deps)).catch(() => known);
}

/** A realm that is not to be trusted is an error now, and must not be one for days. */
function remember(deps: CredentialDeps, scheme: Scheme): void {
  if (isTrusted(deps, scheme)) deps.schemes.write(schemeKeyOf(deps), scheme);
}

function isTrusted({ upstream }: CredentialDeps, scheme: Scheme): boolean {
  return scheme.kind !== "bearer" || trustedRealm(scheme.realm, upstream.url) !== null;
}

/** A token service that cannot be used any more may have given way to another. */
function mayHaveMoved(error: unknown): boolean {
  return isPassing(error) && error.code === "UNAVAILABLE";
}

/** @param refused never given again: a cached token that the upstream does not take, or null. */
async function credentialFor(
  deps: CredentialDeps,
  scheme: Scheme,
  name: Name,
  refused: Credential | null = null,
): Promise<Credential> {
  const { account } = deps.upstream;
  if (scheme.kind === "open") return { header: null, isFresh: false };
  if (scheme.kind === "basic") {
    return { header: account && basicHeader(account.username, account.password), isFresh: true };
  }
  const key = await keyOf(deps.upstream, scheme, name);
  const near = deps.tokens.peek(key);
  if (near && bearerHeader(near) !== refused?.header) {
    return { header: bearerHeader(near), isFresh: false };
  }
  const flight = refused === null ? key : `${key} instead of a refused one`;
  return deps.share(flight, () => findToken(deps, scheme, name, key, refused));
}

async function findToken(
  { upstream, tokens }: CredentialDeps,
  scheme: Bearer,
  name: Name,
  key: string,
  refused: Credential | null,
): Promise<Credential> {
  const cached = await tokens.read(key);
  if (cached && bearerHeader(cached) !== refused?.header) {
    return { header: bearerHeader(cached), isFresh: false };
  }
  const fresh = await requestToken(upstream, scheme, [name]);
  tokens.write(key, fresh, grantsPull(fresh.value, name) === false);
  return { header: bearerHeader(fresh), isFresh: true };
}

function schemeKeyOf({ upstream }: CredentialDeps): string {
  return schemeKey(upstream.url.host);
}

function keyOf({ url, account }: Origin, { realm, service }: Bearer, name: Name): Promise<string> {
  const username = account?.username ?? null;
  return tokenKey(url.host, { username, realm, service, scope: pullScope(name) });
}
