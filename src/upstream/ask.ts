import { RegistryError } from "../protocol/errors.ts";
import type { Name } from "../protocol/name.ts";
import { mayBeSentTo } from "../protocol/origin.ts";
import { discard } from "./body.ts";
import type { UpstreamRequest } from "./http.ts";
import { readQuota } from "./quota.ts";
import { readRateLimit } from "./rate-limit.ts";
import type { Credential, Upstream } from "./upstream.ts";

export interface Question {
  readonly name: Name;
  /** Below `/v2/<name>/`, with its query. */
  readonly path: string;
  readonly method: "GET" | "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
  readonly isRaw?: boolean;
}

export interface Reply {
  readonly response: Response;
  /** Where it came from in the end. */
  readonly url: URL;
  /** Whether that is the registry itself, not a storage that it redirected to. */
  readonly isRegistry: boolean;
}

const MAX_REDIRECTS = 5;

/**
 * Asks the registry with a credential, by a fresh one if a cached one is refused, and follows
 * redirects.
 *
 * @returns the last answer, whatever its status.
 * @throws RegistryError UNAVAILABLE if a host fails or a redirect leads astray, and whatever
 * getting a credential throws.
 */
export async function ask(upstream: Upstream, question: Question): Promise<Reply> {
  const credential = await upstream.credentials.get(question.name);
  const reply = await follow(upstream, question, credential);
  if (!isRefusal(reply, credential)) return reply;
  const challenge = reply.response.headers.get("www-authenticate");
  const fresh = await upstream.credentials.renew(question.name, credential, challenge);
  if (fresh === null) return reply;
  discard(reply.response);
  return follow(upstream, question, fresh);
}

/** Some registries answer 400 to a token that has expired. */
function isRefusal({ response, isRegistry }: Reply, credential: Credential): boolean {
  if (!isRegistry) return false;
  return response.status === 401 || (response.status === 400 && !credential.isFresh);
}

async function follow(
  upstream: Upstream,
  question: Question,
  credential: Credential,
): Promise<Reply> {
  let url = new URL(`/v2/${question.name}/${question.path}`, upstream.url);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const isRegistry = url.origin === upstream.url.origin;
    const header = isRegistry ? credential.header : null;
    const response = await upstream.http.send(requestTo(url, question, header));
    const rateLimit = isRegistry ? readRateLimit(response.headers) : null;
    if (rateLimit !== null) upstream.quota.seen = readQuota(rateLimit, upstream.now());
    if (!isRedirect(response)) return { response, url, isRegistry };
    const location = response.headers.get("location");
    discard(response);
    url = readLocation(location, url, upstream);
  }
  throw astray(`redirected more than ${MAX_REDIRECTS} times`, url);
}

function requestTo(url: URL, question: Question, authorization: string | null): UpstreamRequest {
  const { method, headers, isRaw = false } = question;
  return {
    url,
    method,
    isRaw,
    headers: authorization ? { ...headers, authorization } : { ...headers },
  };
}

function isRedirect({ status }: Response): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function readLocation(location: string | null, from: URL, upstream: Upstream): URL {
  const url = location === null ? null : URL.parse(location, from.href);
  if (url === null) throw astray("redirected without saying where", from);
  if (!mayBeSentTo(url, upstream.url)) throw astray("redirected to where it must not", from);
  return url;
}

function astray(what: string, from: URL): RegistryError {
  return new RegistryError("UNAVAILABLE", `${from.host} ${what}; nothing was fetched`);
}
