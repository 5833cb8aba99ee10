import { RegistryError } from "../protocol/errors.ts";
import type { Name } from "../protocol/name.ts";
import { isAllowedTarget } from "../protocol/origin.ts";
import { repositoryIn } from "../protocol/route.ts";
import { authorize, type Credential, recordAccepted, renewCredential } from "./auth/credentials.ts";
import { checkBasicAccount } from "./auth/token.ts";
import { discard, type HttpRequest, isRedirect } from "./http.ts";
import { parseRateLimit, quotaOf } from "./rate-limit.ts";
import { nameAt, type Upstream } from "./upstream.ts";

/** A request to the registry API. */
export interface RegistryRequest {
  readonly name: Name;
  /** Below `/v2/<name>/`, with its query. */
  readonly path: string;
  readonly method: "GET" | "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
  readonly isRaw?: boolean;
  /** The statuses that may mean a refused credential; 401 and 400 by default. */
  readonly refusals?: readonly number[];
}

export interface RegistryResponse {
  readonly response: Response;
  /** The URL after all redirects. */
  readonly url: URL;
  /** Whether a registry answered, not a storage to which it redirected. */
  readonly isRegistry: boolean;
}

/** The reason of the error that means a redirect which is not followed. */
export const REDIRECT_REFUSED = "redirect refused";
const MAX_REDIRECTS = 5;
/** Some registries answer an expired token with 400. */
const REFUSALS: readonly number[] = [401, 400];

/**
 * Sends a request with a credential, repeats it with a new one if a cached one is refused, and
 * follows redirects.
 *
 * @returns the last response, whatever its status.
 * @throws RegistryError UNAVAILABLE if a host fails or a redirect is not allowed, and the errors of
 * `authorize`.
 */
export async function fetchFromRegistry(
  upstream: Upstream,
  request: RegistryRequest,
): Promise<RegistryResponse> {
  let url = new URL(`/v2/${nameAt(upstream, request.name)}/${request.path}`, upstream.url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const registry = registryAt(url, upstream, request);
    const response = registry
      ? await sendAuthorized(registry.upstream, registry.name, request, url)
      : await upstream.http.send(httpRequest(request, url, null), upstream.usage);
    if (url.origin === upstream.url.origin) recordRateLimit(upstream, response);
    // gcr.io has its storage on its own host.
    const isRegistry = registry !== null && repositoryIn(url.pathname) !== null;
    if (!isRedirect(response)) return { response, url, isRegistry };
    discard(response);
    url = redirectTarget(response, url, upstream);
  }
  throw redirectError(`redirected more than ${MAX_REDIRECTS} times`, url);
}

/**
 * @returns the registry that a URL belongs to: the upstream, or another one to which it redirected,
 * which gets no account. Null for a storage, which gets no credential.
 */
function registryAt(
  url: URL,
  upstream: Upstream,
  { name }: RegistryRequest,
): { readonly upstream: Upstream; readonly name: Name } | null {
  if (url.origin === upstream.url.origin) return { upstream, name };
  const otherName = repositoryIn(url.pathname);
  if (otherName === null) return null;
  const other = { url: new URL(url.origin), tokenHost: url.host, account: null, clientToken: null };
  return { upstream: { ...upstream, ...other, isRedirectTarget: true }, name: otherName };
}

async function sendAuthorized(
  upstream: Upstream,
  name: Name,
  request: RegistryRequest,
  url: URL,
): Promise<Response> {
  const credential = await authorize(upstream, name);
  const { http, usage } = upstream;
  const response = await http.send(httpRequest(request, url, credential), usage);
  if (!isRefusal(response, credential, request)) {
    if (response.status < 400) recordAccepted(upstream, credential);
    return response;
  }
  const challenge = response.headers.get("www-authenticate");
  try {
    const renewed = await renewCredential(upstream, name, credential, challenge);
    if (renewed !== null) {
      discard(response);
      const second = await http.send(httpRequest(request, url, renewed), usage);
      if (second.status < 400) recordAccepted(upstream, renewed);
      return second;
    }
    await checkBasicAccount(upstream, credential.header);
    return response;
  } catch (error) {
    discard(response);
    throw error;
  }
}

function isRefusal(
  { status }: Response,
  credential: Credential,
  { refusals = REFUSALS }: RegistryRequest,
): boolean {
  if (!refusals.includes(status)) return false;
  return status === 401 || (credential.header !== null && !credential.isFresh);
}

function httpRequest(
  { method, headers, isRaw = false }: RegistryRequest,
  url: URL,
  credential: Credential | null,
): HttpRequest {
  const authorization = credential?.header ? { authorization: credential.header } : {};
  return { url, method, isRaw, headers: { ...headers, ...authorization } };
}

/** The quota in a 429 may be that of one request only. */
function recordRateLimit({ usage, now }: Upstream, { status, headers }: Response): void {
  const rateLimit = parseRateLimit(headers);
  if (rateLimit === null) return;
  usage.rateLimit = rateLimit;
  if (status !== 429) usage.quota = quotaOf(rateLimit, now());
}

/**
 * @param from the URL that answered with the redirect.
 * @throws RegistryError UNAVAILABLE if the target is missing or not allowed.
 */
function redirectTarget(redirect: Response, from: URL, upstream: Upstream): URL {
  const location = redirect.headers.get("location");
  const url = location === null ? null : URL.parse(location, from.href);
  if (url === null || !isAllowedTarget(url, upstream.url)) {
    throw redirectError("redirected to a URL that is not https on a public host", from);
  }
  // registry.k8s.io drops the query, so every page of a list would be the first one.
  if (url.search === "" && repositoryIn(url.pathname) !== null) url.search = from.search;
  return url;
}

function redirectError(problem: string, { host }: URL): RegistryError {
  return new RegistryError("UNAVAILABLE", `${host} ${problem}; nothing was fetched`, {
    reason: REDIRECT_REFUSED,
  });
}
