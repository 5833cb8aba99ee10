import type { Share } from "../cache/flight.ts";
import { schemeKey, tokenKey } from "../cache/keys.ts";
import type { SchemeCache } from "../cache/scheme.ts";
import type { TokenCache } from "../cache/token.ts";
import { isSameScheme, readScheme, type Scheme } from "../protocol/challenge.ts";
import { isPassing } from "../protocol/errors.ts";
import type { Name } from "../protocol/name.ts";
import { basicHeader, bearerHeader, pullScope } from "../protocol/token.ts";
import { discoverScheme, trustedRealm } from "../upstream/scheme.ts";
import { requestToken } from "../upstream/token.ts";
import type { Credential, Credentials, Origin } from "../upstream/upstream.ts";

export interface CredentialDeps {
  readonly upstream: Origin;
  readonly schemes: SchemeCache;
  readonly tokens: TokenCache;
  readonly share: Share;
}

/** @returns the mirror's own credentials: those of its account, or anonymous ones. */
export function createCredentials(deps: CredentialDeps): Credentials {
  return {
    async get(name) {
      const scheme = await knownScheme(deps);
      return credentialFor(deps, scheme, name).catch(async (error: unknown) => {
        const current = isPassing(error) ? await discover(deps).catch(() => scheme) : scheme;
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
  return (await deps.schemes.read(schemeKeyOf(deps))) ?? discover(deps);
}

async function discover(deps: CredentialDeps): Promise<Scheme> {
  return deps.share(schemeKeyOf(deps), async () => {
    const scheme = await discoverScheme(deps.upstream);
    remember(deps, scheme);
    return scheme;
  });
}

/** A realm that is not to be trusted is an error now, and must not be one for days. */
function remember(deps: CredentialDeps, scheme: Scheme): void {
  const isTrusted = scheme.kind !== "bearer" || trustedRealm(scheme.realm, deps.upstream.url);
  if (isTrusted) deps.schemes.write(schemeKeyOf(deps), scheme);
}

/** @param refused never given again: a cached token that the upstream does not take, or null. */
async function credentialFor(
  { upstream, tokens, share }: CredentialDeps,
  scheme: Scheme,
  name: Name,
  refused: Credential | null = null,
): Promise<Credential> {
  const { account } = upstream;
  if (scheme.kind === "open") return { header: null, isFresh: false };
  if (scheme.kind === "basic") {
    return { header: account && basicHeader(account.username, account.password), isFresh: true };
  }
  const key = await keyOf(upstream, scheme, name);
  const cached = await tokens.read(key);
  if (cached && bearerHeader(cached) !== refused?.header) {
    return { header: bearerHeader(cached), isFresh: false };
  }
  const token = await share(key, async () => {
    const fresh = await requestToken(upstream, scheme, [name]);
    tokens.write(key, fresh);
    return fresh;
  });
  return { header: bearerHeader(token), isFresh: true };
}

function schemeKeyOf({ upstream }: CredentialDeps): string {
  return schemeKey(upstream.url.host);
}

function keyOf(
  { url, account }: Origin,
  { realm, service }: Extract<Scheme, { kind: "bearer" }>,
  name: Name,
): Promise<string> {
  const username = account?.username ?? null;
  return tokenKey(url.host, { username, realm, service, scope: pullScope(name) });
}
