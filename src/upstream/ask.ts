import type { Name } from "../protocol/name.ts";
import { repositoryIn } from "../protocol/route.ts";
import { checkBasicAccount } from "./account.ts";
import { discard } from "./body.ts";
import { readQuota } from "./quota.ts";
import { readRateLimit } from "./rate-limit.ts";
import { astray, isRedirect, nextHop } from "./redirect.ts";
import type { Credential, Credentials, Upstream } from "./upstream.ts";

export interface Question {
  readonly name: Name;
  /** Below `/v2/<name>/`, with its query. */
  readonly path: string;
  readonly method: "GET" | "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
  readonly isRaw?: boolean;
  /** The statuses that a credential may be refused with; 401 and 400 unless said. */
  readonly refusals?: readonly number[];
}

export interface Reply {
  readonly response: Response;
  /** Where it came from in the end. */
  readonly url: URL;
  /** Whether that is a registry, not a storage that it redirected to. */
  readonly isRegistry: boolean;
}

const MAX_REDIRECTS = 5;
/** Some registries answer 400 to a token that has expired. */
const REFUSALS = [401, 400];

/**
 * Asks the registry with a credential, by a fresh one if a cached one is refused, and follows
 * redirects.
 *
 * @returns the last answer, whatever its status.
 * @throws RegistryError UNAVAILABLE if a host fails or a redirect leads astray, and whatever
 * getting a credential throws.
 */
export async function ask(upstream: Upstream, question: Question): Promise<Reply> {
  let url = new URL(`/v2/${question.name}/${question.path}`, upstream.url);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const registry = registryAt(url, upstream, question);
    const response = registry
      ? await askRegistry(upstream, question, url, registry)
      : await send(upstream, question, url, null);
    if (url.origin === upstream.url.origin) noteQuota(upstream, response);
    // gcr.io has a storage of its own on its own host.
    const isRegistry = registry !== null && repositoryIn(url.pathname) !== null;
    if (!isRedirect(response)) return { response, url, isRegistry };
    discard(response);
    url = nextHop(response, url, upstream);
  }
  throw astray(`redirected more than ${MAX_REDIRECTS} times`, url);
}

/** A 429 refuses one request, and is remembered for that: others are still worth asking. */
function noteQuota({ quota, trace, now }: Upstream, { status, headers }: Response): void {
  const rateLimit = readRateLimit(headers);
  if (rateLimit === null) return;
  trace.rateLimit = rateLimit;
  if (status !== 429) quota.seen = readQuota(rateLimit, now());
}

/** A registry that is asked on the way, as far as it concerns credentials. */
interface Registry {
  readonly name: Name;
  readonly credentials: Credentials;
}

/** @returns null for a storage: it has no use for a credential, and must not see one. */
function registryAt(
  url: URL,
  { url: own, credentials }: Upstream,
  { name }: Question,
): Registry | null {
  if (url.origin === own.origin) return { name, credentials };
  const elsewhere = repositoryIn(url.pathname);
  return elsewhere && { name: elsewhere, credentials: credentials.at(url) };
}

async function askRegistry(
  upstream: Upstream,
  question: Question,
  url: URL,
  { name, credentials }: Registry,
): Promise<Response> {
  const credential = await credentials.get(name);
  const response = await send(upstream, question, url, credential);
  if (!isRefusal(response, credential, question)) return response;
  const challenge = response.headers.get("www-authenticate");
  const fresh = await credentials.renew(name, credential, challenge);
  if (fresh === null) {
    await checkBasicAccount(upstream, url, credential.header).catch((error: unknown) => {
      discard(response);
      throw error;
    });
    return response;
  }
  discard(response);
  return send(upstream, question, url, fresh);
}

function isRefusal({ status }: Response, credential: Credential, question: Question): boolean {
  const { refusals = REFUSALS } = question;
  if (!refusals.includes(status)) return false;
  return status === 401 || (credential.header !== null && !credential.isFresh);
}

function send(
  { http }: Upstream,
  { method, headers, isRaw = false }: Question,
  url: URL,
  credential: Credential | null,
): Promise<Response> {
  const authorization = credential?.header ? { authorization: credential.header } : {};
  return http.send({ url, method, isRaw, headers: { ...headers, ...authorization } });
}
