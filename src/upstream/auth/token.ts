import type { AuthScheme } from "../../protocol/challenge.ts";
import { RegistryError } from "../../protocol/errors.ts";
import type { Name } from "../../protocol/name.ts";
import { basicHeader, parseToken, pullScope, type Token } from "../../protocol/token.ts";
import { missingOrPrivate, rateLimited } from "../failure.ts";
import { discard, failing, isRedirect, retryTruncated, unusable } from "../http.ts";
import { nameAt, type Upstream } from "../upstream.ts";
import { tokenServiceUrl } from "./challenge.ts";

export type BearerScheme = Extract<AuthScheme, { kind: "bearer" }>;

/** The reason of the error that means a wrong username or password. */
export const ACCOUNT_REJECTED = "account rejected";
/** Real token responses have 2 to 5 KB. */
const MAX_TOKEN_BYTES = 64 * 1024;

/**
 * Gets a token for the account, or an anonymous one (Docker's token authentication specification).
 *
 * @param names the repositories to pull from; none to test the account.
 * @throws RegistryError UNAVAILABLE if the token service must not be used or fails; DENIED if it
 * rejects the account; NAME_UNKNOWN if it refuses an anonymous request, or only these repositories;
 * TOOMANYREQUESTS.
 */
export const requestToken = retryTruncated(async function requestToken(
  upstream: Upstream,
  scheme: BearerScheme,
  names: readonly Name[],
): Promise<Token> {
  const { account, http, usage, now } = upstream;
  const url = tokenServiceUrl(scheme.realm, upstream);
  if (url === null) throw unknownTokenService(upstream, scheme);
  if (scheme.service !== null) url.searchParams.set("service", scheme.service);
  // A realm may contain the scope of the request that was refused.
  url.searchParams.delete("scope");
  for (const name of names) url.searchParams.append("scope", pullScope(nameAt(upstream, name)));
  const headers = account && { authorization: basicHeader(account.username, account.password) };
  const requestedAt = now();
  const response = await http.send({ url, method: "GET", headers: headers ?? {} }, usage);
  if (!response.ok) throw await refusal(upstream, scheme, response, url, names);
  const bytes = await http.read(response, url, usage, MAX_TOKEN_BYTES);
  const token = bytes === null ? null : parseToken(bytes, requestedAt);
  if (token === null) throw unusable(url.host, "answered without a token");
  return token;
});

/**
 * HTTP Basic has no token service that would reject a wrong account. An account that `/v2/` refuses
 * too is wrong; one that it accepts only lacks access to the image.
 *
 * @param header the refused `Authorization`, or null.
 * @throws RegistryError DENIED if the account is wrong, and the errors of `Http.send`.
 */
export async function checkBasicAccount(
  { http, usage, url: registry }: Upstream,
  header: string | null,
): Promise<void> {
  if (!header?.startsWith("Basic ")) return;
  const url = new URL("/v2/", registry);
  const headers = { authorization: header };
  const response = await http.send({ url, method: "GET", headers }, usage);
  discard(response);
  if (response.status === 401) throw accountRejected(url);
}

async function refusal(
  upstream: Upstream,
  scheme: BearerScheme,
  response: Response,
  url: URL,
  names: readonly Name[],
): Promise<RegistryError> {
  const { status } = response;
  const label = names.join(", ") || "the login";
  if (status === 429) return rateLimited(upstream, response, url, label);
  discard(response);
  if (isRedirect(response))
    return unusable(url.host, "redirects token requests, which is not followed");
  if (status !== 401 && status !== 403) return failing(url, status);
  const mayConcernNames = status === 403 && names.length > 0;
  if (upstream.account === null || (mayConcernNames && (await isAccepted(upstream, scheme)))) {
    const isRejection = status === 401;
    return new RegistryError("NAME_UNKNOWN", missingOrPrivate(label), { isRejection });
  }
  return accountRejected(url);
}

/** ghcr.io answers 403 to a wrong password, and to a repository that the account may not read. */
async function isAccepted(upstream: Upstream, scheme: BearerScheme): Promise<boolean> {
  try {
    await requestToken(upstream, scheme, []);
    return true;
  } catch (error) {
    if (error instanceof RegistryError && error.reason === ACCOUNT_REJECTED) return false;
    throw error;
  }
}

function accountRejected({ host }: URL): RegistryError {
  // Docker shows the text of a 4xx only, and only the owner can fix this.
  return new RegistryError(
    "DENIED",
    `${host} rejects the mirror's account: its owner must check UPSTREAM_USERNAME and UPSTREAM_PASSWORD, or REGISTRY_ACCOUNTS`,
    { reason: ACCOUNT_REJECTED, isRejection: true },
  );
}

function unknownTokenService({ url, account }: Upstream, { realm }: BearerScheme): RegistryError {
  const remedy = account === null ? "" : "; if it is right, set tokenHost in REGISTRY_ACCOUNTS";
  return new RegistryError(
    "UNAVAILABLE",
    `${url.host} names a token service that is not trusted, and nothing was sent there${remedy}`,
    { reason: `realm on ${URL.parse(realm)?.host ?? "no host"}` },
  );
}
