import { RegistryError } from "../protocol/errors.ts";
import type { Origination } from "../protocol/network.ts";
import { isRegistryPath } from "../protocol/route.ts";
import type { Lobby } from "./context.ts";
import { dispatch } from "./dispatch.ts";
import { type Admission, admit } from "./door.ts";
import { serveHome } from "./home.ts";
import type { LogEntry } from "./log-entry.ts";
import { findRegistry } from "./registry.ts";
import { respondError, respondText } from "./respond.ts";
import { isSearchPath, serveSearch } from "./search.ts";
import { serveToken } from "./token-service.ts";

/**
 * Answers one request; docs/request-handling.md numbers every case.
 *
 * @param from where the request comes from.
 * @param entry filled in on the way.
 * @returns never rejects for a RegistryError: that is what it answers.
 */
export async function serve(
  lobby: Lobby,
  request: Request,
  from: Origination,
  entry: LogEntry,
): Promise<Response> {
  const url = new URL(request.url);
  const isHead = request.method === "HEAD";
  try {
    const authorization = request.headers.get("authorization");
    const visit = { pathname: url.pathname, authorization, from };
    const admission = await admit(lobby.access, visit);
    if (admission === null) return respondText("Not found.", 404, isHead);
    entry.path = admission.pathname;
    entry.lock = admission.lock;
    return addCommonHeaders(
      lobby,
      await serveAdmitted(lobby, request, url, admission, from, entry),
      url,
    );
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    entry.error = error;
    const detail = entry.path === null ? {} : { path: entry.path };
    return addCommonHeaders(lobby, respondError(error, { isHead, detail }), url);
  } finally {
    noteSighting(lobby, entry);
  }
}

/** For the page that tells people how the mirror is. */
function noteSighting({ sightings, trace, now }: Lobby, { registry }: LogEntry): void {
  if (registry === null || trace.isUp === null) return;
  sightings.set(registry, { isUp: trace.isUp, seenAt: now() });
}

async function serveAdmitted(
  lobby: Lobby,
  request: Request,
  url: URL,
  admission: Admission,
  { address }: Origination,
  entry: LogEntry,
): Promise<Response> {
  const { pathname, base, pathSecret, lock } = admission;
  const isHead = request.method === "HEAD";
  const { host, searchParams: query } = url;
  if (lobby.sealer && pathname === "/token") {
    return serveToken(lobby, lobby.sealer, request, { pathSecret, address, host });
  }
  if (!isRegistryPath(pathname)) return serveVisitor(lobby, request, url, admission);
  const realm = `${url.origin}${pathSecret === null ? "" : `/${pathSecret}`}/token`;
  const { headers, method } = request;
  const asked = { isHead, headers, query, base, realm, host, address, lock };
  if (lobby.hasSearch && isSearchPath(pathname) && (method === "GET" || isHead)) {
    return serveSearch(await lobby.enter(lobby.registries.primary), pathname, asked);
  }
  return dispatch(lobby, method, pathname, asked, entry);
}

/** What an answer has whatever it is about. */
function addCommonHeaders(lobby: Lobby, response: Response, url: URL): Response {
  const { registries, trace, access, sealer } = lobby;
  const { headers } = response;
  const namespace = url.searchParams.get("ns");
  if (namespace !== null && findRegistry(registries, namespace) !== null) {
    headers.set("oci-namespace", namespace);
  }
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
  lobby: Lobby,
  request: Request,
  url: URL,
  admission: Admission,
): Promise<Response> {
  const { method } = request;
  const isHead = method === "HEAD";
  if (method !== "GET" && !isHead) {
    return respondText("This can only be read.", 405, isHead, { allow: "GET, HEAD" });
  }
  const isHome = lobby.hasHomePage && admission.pathname === "/";
  return isHome
    ? serveHome(lobby, request, url, admission)
    : respondText("Not found.", 404, isHead);
}
