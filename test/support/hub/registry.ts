import { serveManifest } from "./manifests.ts";
import type { Quota } from "./quota.ts";
import { serveReferrers } from "./referrers.ts";
import { bodyResponse, errorResponse } from "./respond.ts";
import type { Storage } from "./storage.ts";
import type { Repository, Store } from "./store.ts";
import { type Paging, serveTags } from "./tags.ts";
import { SERVICE, type TokenService, type Verdict } from "./token-service.ts";

/** What the registry is made of. */
export interface RegistryParts {
  readonly store: Store;
  readonly tokens: TokenService;
  readonly quota: Quota;
  readonly storage: Storage;
  readonly paging: Paging;
  /** Where a challenge sends the client for a token. */
  readonly realm: string;
}

/** `/v2/<name>/<kind>/<reference>`, where a list of tags is of kind `tags` and reference `list`. */
const ROUTE = /^\/v2\/(.+)\/(manifests|blobs|referrers|tags(?=\/list$))\/([^/]+)$/;

/** The registry API of the stand-in. */
export function serveRegistry(parts: RegistryParts, request: Request): Response {
  const { method } = request;
  const path = decodeURIComponent(new URL(request.url).pathname);
  if (method !== "GET" && method !== "HEAD") {
    return errorResponse(method, 405, "UNSUPPORTED", "The operation is unsupported.");
  }
  if (path === "/v2/" || path === "/v2") return ping(parts, request);
  const [, name, kind, reference] = ROUTE.exec(path) ?? [];
  if (name === undefined || kind === undefined || reference === undefined) {
    return bodyResponse(method, 404, "404 page not found\n", { "content-type": "text/plain" });
  }
  const verdict = parts.tokens.check(request.headers.get("authorization"), name);
  if (!verdict.ok) return challenge(parts, method, name, verdict.error);
  // Docker Hub does not say whether a repository is missing or private.
  const repository = parts.store.get(name);
  if (repository === undefined) return challenge(parts, method, name, "insufficient_scope");
  return serveKind(parts, request, { name, kind, reference, repository, account: verdict.account });
}

interface Target {
  readonly name: string;
  readonly kind: string;
  readonly reference: string;
  readonly repository: Repository;
  readonly account: string | null;
}

function serveKind(parts: RegistryParts, request: Request, target: Target): Response {
  const { method, headers } = request;
  const { name, kind, reference, repository, account } = target;
  const url = new URL(request.url);
  if (kind === "manifests") {
    return serveManifest(repository, { method, reference, headers, account }, parts.quota);
  }
  if (kind === "blobs") return redirectToBlob(parts.storage, method, repository, reference);
  if (kind === "referrers") {
    return serveReferrers(method, url, reference, repository, parts.paging);
  }
  return serveTags(method, url, name, repository.tags.keys(), parts.paging);
}

function redirectToBlob(
  storage: Storage,
  method: string,
  repository: Repository,
  digest: string,
): Response {
  const bytes = repository.blobs.get(digest);
  if (bytes === undefined) {
    return errorResponse(method, 404, "BLOB_UNKNOWN", "blob unknown to registry", {}, digest);
  }
  const location = storage.sign(method, digest, bytes);
  const body = `<a href="${location.replaceAll("&", "&amp;")}">Temporary Redirect</a>.\n\n`;
  return bodyResponse(method, 307, body, { "content-type": "text/html; charset=utf-8", location });
}

function ping(parts: RegistryParts, request: Request): Response {
  const verdict = parts.tokens.check(request.headers.get("authorization"), null);
  if (!verdict.ok) return challenge(parts, request.method, null, verdict.error);
  return bodyResponse(request.method, 200, "{}", { "content-type": "application/json" });
}

function challenge(
  parts: RegistryParts,
  method: string,
  name: string | null,
  error: (Verdict & { ok: false })["error"],
): Response {
  const fields = [`realm="${parts.realm}"`, `service="${SERVICE}"`];
  if (name !== null) fields.push(`scope="repository:${name}:pull"`);
  if (error !== null) fields.push(`error="${error}"`);
  const headers = { "www-authenticate": `Bearer ${fields.join(",")}` };
  const detail = name === null ? null : [{ Type: "repository", Name: name, Action: "pull" }];
  const message = "authentication required";
  return errorResponse(method, 401, "UNAUTHORIZED", message, headers, detail);
}
