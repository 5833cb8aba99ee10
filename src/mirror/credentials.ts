import { tokenKey } from "../cache/keys.ts";
import type { TokenCache } from "../cache/token.ts";
import type { Scheme } from "../protocol/challenge.ts";
import { isPassing } from "../protocol/errors.ts";
import type { Name } from "../protocol/name.ts";
import { basicHeader, bearerHeader, grantsPull, pullScope } from "../protocol/token.ts";
import { requestToken } from "../upstream/token.ts";
import type { Credential, Credentials, Origin } from "../upstream/upstream.ts";
import { demandedScheme, firstScheme, rediscover, type SchemeDeps } from "./scheme.ts";

export interface CredentialDeps extends SchemeDeps {
  readonly tokens: TokenCache;
}

type Bearer = Extract<Scheme, { kind: "bearer" }>;

/** @returns the mirror's own credentials: those of its account, or anonymous ones. */
export function createCredentials(deps: CredentialDeps): Credentials {
  return {
    async get(name) {
      const known = await firstScheme(deps);
      return credentialFor(deps, known, name).catch(async (error: unknown) => {
        if (!mayHaveMoved(error)) throw error;
        const { scheme, isNews } = await rediscover(deps, known);
        if (!isNews) throw error;
        return credentialFor(deps, scheme, name);
      });
    },
    async renew(name, refused, challenge) {
      const { scheme, isNews: isOther } = await demandedScheme(deps, challenge);
      if (refused.isFresh && !isOther) return null;
      const credential = await credentialFor(deps, scheme, name, refused);
      const isNews = credential.isFresh || credential.header !== refused.header;
      return isNews ? credential : null;
    },
    at({ origin }) {
      const upstream = { ...deps.upstream, url: new URL(origin), account: null };
      return createCredentials({ ...deps, upstream, isElsewhere: true });
    },
  };
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

function keyOf({ url, account }: Origin, { realm, service }: Bearer, name: Name): Promise<string> {
  const username = account?.username ?? null;
  return tokenKey(url.host, { username, realm, service, scope: pullScope(name) });
}
