import type { Scheme } from "../protocol/challenge.ts";
import { RegistryError } from "../protocol/errors.ts";
import type { Name } from "../protocol/name.ts";
import { basicHeader, parseToken, pullScope, type Token } from "../protocol/token.ts";
import { ACCOUNT_REJECTED, accountRejected } from "./account.ts";
import { discard } from "./body.ts";
import { missingOrPrivate, rateLimited, unusable } from "./failure.ts";
import { isRedirect } from "./redirect.ts";
import { trustedRealm } from "./scheme.ts";
import type { Origin } from "./upstream.ts";

const MAX_TOKEN_BYTES = 64 * 1024;

type Bearer = Extract<Scheme, { kind: "bearer" }>;

/**
 * Exchanges the account, or nothing, for a token (Docker's token authentication specification).
 *
 * @param names the repositories that it is to read; none to see whether the account is right.
 * @throws RegistryError UNAVAILABLE if the realm may not have our credentials, rejects them or
 * fails; NAME_UNKNOWN if it refuses an anonymous request, or an account for these repositories alone;
 * TOOMANYREQUESTS.
 */
export async function requestToken(
  upstream: Origin,
  scheme: Bearer,
  names: readonly Name[],
): Promise<Token> {
  const url = readRealm(scheme.realm, upstream);
  if (scheme.service !== null) url.searchParams.set("service", scheme.service);
  // A realm may have one in its query, of whatever was asked for first.
  url.searchParams.delete("scope");
  for (const name of names) url.searchParams.append("scope", pullScope(name));
  const headers = upstream.account
    ? { authorization: basicHeader(upstream.account.username, upstream.account.password) }
    : {};
  const askedAt = upstream.now();
  const response = await upstream.http.send({ url, method: "GET", headers });
  if (!response.ok) throw await refusal(upstream, scheme, response, url, names);
  const bytes = await upstream.http.read(response, url, MAX_TOKEN_BYTES);
  const token = bytes === null ? null : parseToken(bytes, askedAt);
  if (token === null) throw unusable(url, "answered without a token");
  return token;
}

function readRealm(realm: string, upstream: Origin): URL {
  const url = trustedRealm(realm, upstream.url);
  if (url !== null) return url;
  throw new RegistryError(
    "UNAVAILABLE",
    `${upstream.url.host} names a token service that is not its own; nothing was sent there`,
    { reason: `realm on ${URL.parse(realm)?.host ?? "no host"}` },
  );
}

async function refusal(
  upstream: Origin,
  scheme: Bearer,
  response: Response,
  url: URL,
  names: readonly Name[],
): Promise<RegistryError> {
  const { status } = response;
  const label = names.join(", ") || "the login";
  if (status === 429) return rateLimited(upstream, response, url, label);
  discard(response);
  if (isRedirect(response)) {
    return unusable(url, "redirects to another token service, and nothing was sent there");
  }
  if (status !== 401 && status !== 403) return unusable(url, `answered with status ${status}`);
  const mayBeAboutNames = status === 403 && names.length > 0;
  if (!upstream.account || (mayBeAboutNames && (await isAccepted(upstream, scheme)))) {
    return new RegistryError("NAME_UNKNOWN", missingOrPrivate(label));
  }
  return accountRejected(url);
}

/** ghcr.io answers 403 to a wrong password, and to a repository that the account may not read. */
async function isAccepted(upstream: Origin, scheme: Bearer): Promise<boolean> {
  try {
    await requestToken(upstream, scheme, []);
    return true;
  } catch (error) {
    if (error instanceof RegistryError && error.reason === ACCOUNT_REJECTED) return false;
    throw error;
  }
}
