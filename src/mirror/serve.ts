import { authenticate, isLockTokenPath } from "../access/authenticate.ts";
import { checkImageRules } from "../access/image-rules.ts";
import {
  bearerChallenge,
  type MirrorToken,
  openMirrorToken,
  TOKEN_PATH,
} from "../access/mirror-token.ts";
import { startsPull } from "../access/rate-limit.ts";
import type { AccessConfig } from "../config/access.ts";
import type { Config } from "../config/config.ts";
import { findRegistry, registryOfHost } from "../config/registries.ts";
import { parseBearer } from "../protocol/basic.ts";
import { RegistryError, withSubject } from "../protocol/errors.ts";
import { inNamespace } from "../protocol/name.ts";
import { isReadableOnTheWay } from "../protocol/origin.ts";
import { referenceText } from "../protocol/reference.ts";
import { isRegistryPath, parseRoute, type Route } from "../protocol/route.ts";
import type { Services } from "../services.ts";
import { type Answer, jsonAnswer, textAnswer } from "./answer.ts";
import { serveBlob } from "./blob.ts";
import { serveHome } from "./home.ts";
import { serveReferrers, serveTagList } from "./lists.ts";
import { serveDigest, serveTag } from "./manifest.ts";
import type { RequestRecord } from "./request-record.ts";
import { isSearchPath, serveSearch } from "./search.ts";
import { notCached } from "./tag.ts";
import { type ClientRequest, createTarget, locateImage } from "./target.ts";
import { serveLockToken, serveToken, tokenRealm } from "./token-service.ts";

/**
 * Answers a request. docs/request-handling.md numbers every case.
 *
 * @param record filled on the way.
 * @throws RegistryError for every answer that is not a success.
 */
export async function serve(
  services: Services,
  request: Request,
  record: RequestRecord,
): Promise<Answer> {
  const { config, sealer, rateLimiter } = services;
  const { method, headers, signal } = request;
  const url = new URL(request.url);
  if (isExposed(url, config.access)) return textAnswer(404, "Not found.");
  const location = record.client;
  const isLockToken = isLockTokenPath(config.access, url.pathname);
  if (isLockToken) await rateLimiter("login", location.address);
  const admission = await authenticate(config.access, request, record);
  if (admission === null) return textAnswer(404, "Not found.");
  const { pathname, lock } = admission;
  record.path = pathname;
  record.lock = lock?.name ?? null;
  record.kind = "other";
  if (isLockToken && lock !== null) return serveLockToken(services, lock);
  const isHead = method === "HEAD";
  let counted: Promise<void> | null = null;
  const countFetch = () => (counted ??= rateLimiter("client", location.address));
  const client = {
    ...{ ...admission, method, isHead, url, headers, signal, location },
    ...{ countFetch, isCacheOnly: false },
  };
  if (sealer !== null && pathname === TOKEN_PATH) {
    return serveToken(services, sealer, client, request, record.upstream);
  }
  if (!isRegistryPath(pathname)) return serveWebsite(services, client);
  if (!isRead(method)) throw readOnly(method);
  refuseBrowsers(client, false);
  if (config.hasSearch && isSearchPath(pathname)) {
    record.kind = "search";
    return serveSearch(services, client, record.upstream);
  }
  return serveRegistry(services, client, record);
}

/** Answers a request to the registry API. */
async function serveRegistry(
  services: Services,
  visitor: ClientRequest,
  record: RequestRecord,
): Promise<Answer> {
  const { registries, access } = services.config;
  const route = parseRoute(visitor.pathname);
  const client = route.kind === "manifest" ? withoutFetch(visitor) : visitor;
  record.kind = route.kind;
  refuseBrowsers(client, route.kind === "blob");
  const token = await readMirrorToken(services, route, client);
  if (route.kind === "base") return jsonAnswer("{}");
  const image = locateImage(route.image, client.url, registries);
  record.registry = image.registry.name;
  record.image = image.name;
  const reference = route.kind === "manifest" ? route.reference : null;
  if (reference?.kind === "tag") record.kind = "tag";
  record.reference = reference ? referenceText(reference) : "digest" in route ? route.digest : null;
  checkImageRules(access, image, reference);
  if (startsPull(route) && !client.isCacheOnly) await client.countFetch();
  const login = token?.login?.registry === image.registry.name ? token.login : null;
  try {
    const target = await createTarget(services, client, image, route, login, record.upstream);
    switch (route.kind) {
      case "manifest":
        return route.reference.kind === "tag"
          ? await serveTag(services, target, route.reference.tag)
          : await serveDigest(services, target, route.reference.digest);
      case "blob":
        return await serveBlob(services, target, route.digest);
      case "tags":
        return await serveTagList(services, target);
      case "referrers":
        return await serveReferrers(services, target, route.digest);
    }
  } catch (error) {
    throw withSubject(image.name, error);
  }
}

/**
 * With `Cache-Control: only-if-cached`, the client prefers an error to an upstream request (RFC 9111,
 * section 5.2.1.7).
 */
function withoutFetch(client: ClientRequest): ClientRequest {
  const cacheControl = client.headers.get("cache-control") ?? "";
  if (!/(?:^|,)\s*only-if-cached\s*(?:,|$)/i.test(cacheControl)) return client;
  const countFetch = async () => {
    throw notCached();
  };
  return { ...client, countFetch, isCacheOnly: true };
}

/**
 * With logins by upstream account, every request needs a token of the mirror.
 *
 * @returns null without such logins.
 * @throws RegistryError UNAUTHORIZED with a challenge.
 */
async function readMirrorToken(
  { sealer, platform, config }: Services,
  route: Route,
  client: ClientRequest,
): Promise<MirrorToken | null> {
  if (sealer === null) return null;
  const text = parseBearer(client.headers.get("authorization"));
  const token = await openMirrorToken(sealer, text, platform.now());
  if (token !== null) return token;
  const message = "this mirror requires a token, with or without a login";
  throw bearerChallenge(tokenRealm(client), nameToPull(route, client, config), message);
}

/** @returns the repository in the scope of a challenge; null for a challenge without a scope. */
function nameToPull(route: Route, { url }: ClientRequest, { registries }: Config): string | null {
  if (route.kind === "base") return null;
  const { requestedName, name, host } = route.image;
  if (host === null) return inNamespace(name, registryOfHost(registries, url.host).namespace);
  // A host that is not a configured registry may contain any character, so it is not repeated.
  return findRegistry(registries, host) && requestedName;
}

/** Answers everything that does not belong to the registry API. */
async function serveWebsite(services: Services, client: ClientRequest): Promise<Answer> {
  if (!isRead(client.method)) {
    return textAnswer(405, "Only GET and HEAD are supported.", { allow: "GET, HEAD" });
  }
  const isHome = services.config.hasHomePage && client.pathname === "/";
  return isHome ? serveHome(services, client) : textAnswer(404, "Not found.");
}

function isExposed(url: URL, { paths, users, loginKey }: AccessConfig): boolean {
  return isReadableOnTheWay(url) && (paths.length > 0 || users.length > 0 || loginKey !== null);
}

/**
 * The mirror is not a file host: a browser gets its content for the mirror's own page only, and no
 * blob even if its address is entered.
 *
 * @throws RegistryError DENIED.
 */
function refuseBrowsers({ headers }: ClientRequest, isBlob: boolean): void {
  const site = headers.get("sec-fetch-site") ?? "same-origin";
  if (site === "same-origin" || (site === "none" && !isBlob)) return;
  throw new RegistryError("DENIED", "this mirror serves container clients only");
}

function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function readOnly(method: string): RegistryError {
  return new RegistryError("UNSUPPORTED", `${method} is not supported: this mirror is read-only`, {
    status: 405,
    headers: { allow: "GET, HEAD" },
  });
}
