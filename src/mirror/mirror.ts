import { RegistryError } from "../protocol/errors.ts";
import type { Origination } from "../protocol/network.ts";
import { isRegistryPath } from "../protocol/route.ts";
import type { Context } from "./context.ts";
import { dispatch } from "./dispatch.ts";
import { type Admission, admit } from "./door.ts";
import { serveHome } from "./home.ts";
import { isAlias } from "./image.ts";
import { respondError, respondText } from "./respond.ts";
import { recordSighting } from "./sighting.ts";
import { serveToken } from "./token-service.ts";

/** What the log is to know of a request. */
export interface LogEntry {
  /** The path without any secret; null if the request was not let in. */
  path: string | null;
  /** The name of the lock that opened, or null. */
  lock: string | null;
  /** Why there was no success, or null. */
  error: RegistryError | null;
}

/**
 * Answers one request; docs/request-handling.md numbers every case.
 *
 * @param from where the request comes from.
 * @param entry filled in on the way.
 * @returns never rejects for a RegistryError: that is what it answers.
 */
export async function serve(
  context: Context,
  request: Request,
  from: Origination,
  entry: LogEntry,
): Promise<Response> {
  const url = new URL(request.url);
  const isHead = request.method === "HEAD";
  try {
    const authorization = request.headers.get("authorization");
    const visit = { pathname: url.pathname, authorization, from };
    const admission = await admit(context.access, visit);
    if (admission === null) return respondText("Not found.", 404, isHead);
    entry.path = admission.pathname;
    entry.lock = admission.lock;
    return dress(context, await serveAdmitted(context, request, url, admission, from), url);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    entry.error = error;
    const detail = entry.path === null ? {} : { path: entry.path };
    return dress(context, respondError(error, { isHead, detail }), url);
  } finally {
    recordSighting(context.sighting, context.trace, context.now());
  }
}

async function serveAdmitted(
  context: Context,
  request: Request,
  url: URL,
  admission: Admission,
  { address }: Origination,
): Promise<Response> {
  const { pathname, base, pathSecret, lock } = admission;
  const isHead = request.method === "HEAD";
  if (context.sealer && pathname === "/token") {
    return serveToken(context, context.sealer, request, { pathSecret, address });
  }
  if (!isRegistryPath(pathname)) return serveVisitor(context, request, url, admission);
  const realm = `${url.origin}${pathSecret === null ? "" : `/${pathSecret}`}/token`;
  const { headers, method } = request;
  const query = url.searchParams;
  return dispatch(context, method, pathname, {
    isHead,
    headers,
    query,
    base,
    realm,
    address,
    lock,
  });
}

/** What an answer has whatever it is about. */
function dress({ naming, trace, access, sealer }: Context, response: Response, url: URL): Response {
  const { headers } = response;
  const namespace = url.searchParams.get("ns");
  if (namespace !== null && isAlias(namespace, naming)) headers.set("oci-namespace", namespace);
  if (trace.rateLimit !== null) {
    headers.set("ratelimit-limit", trace.rateLimit.limit);
    headers.set("ratelimit-remaining", trace.rateLimit.remaining);
  }
  if (access.users.length > 0 || sealer !== null) hideFromProxies(headers);
  return response;
}

/** What a login opened, no proxy on the way may give to others. */
function hideFromProxies(headers: Headers): void {
  const control = headers.get("cache-control");
  if (control !== null) headers.set("cache-control", control.replace("public", "private"));
}

async function serveVisitor(
  context: Context,
  request: Request,
  url: URL,
  admission: Admission,
): Promise<Response> {
  const { method } = request;
  const isHead = method === "HEAD";
  if (method !== "GET" && !isHead) return respondText("This can only be read.", 405, isHead);
  if (admission.pathname !== "/") return respondText("Not found.", 404, isHead);
  return serveHome(context, request, url, admission);
}
