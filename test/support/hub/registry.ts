import { type Bytes, docker, type Image, type Manifest, oci } from "../image.ts";
import type { Quota } from "./quota.ts";
import { bodyResponse, errorResponse, unauthorized } from "./responses.ts";
import type { Storage } from "./storage.ts";
import type { Check, TokenService } from "./token-service.ts";

/** One repository and the images in it. */
export interface Repository {
  readonly tags: Map<string, string>;
  readonly manifests: Map<string, Manifest>;
  readonly blobs: Map<string, Bytes>;
}

/** Repositories by their full name, such as `library/alpine`. */
export type Store = Map<string, Repository>;

/** Adds an image to a repository. A null tag leaves it reachable by digest only. */
export function push(store: Store, name: string, tag: string | null, image: Image): void {
  const repository = store.get(name) ?? { tags: new Map(), manifests: new Map(), blobs: new Map() };
  store.set(name, repository);
  for (const [digest, manifest] of image.manifests) repository.manifests.set(digest, manifest);
  for (const [digest, bytes] of image.blobs) repository.blobs.set(digest, bytes);
  if (tag !== null) repository.tags.set(tag, image.tagDigest);
}

/** The parts of a registry. */
export interface RegistryParts {
  readonly store: Store;
  /** Null if everything is open. */
  readonly tokens: TokenService | null;
  readonly quota: Quota;
  readonly storage: Storage;
  readonly paging: Paging;
  /** The value of `WWW-Authenticate`. */
  readonly challenge: (repository: string | null, error: ChallengeError) => string;
}

type ChallengeError = (Check & { ok: false })["error"];

/** `/v2/<name>/<kind>/<reference>`; a list of tags has the kind `tags` and the reference `list`. */
const ROUTE = /^\/v2\/(.+)\/(manifests|blobs|referrers|tags(?=\/list$))\/([^/]+)$/;

/** The registry API of the stand-in. */
export function serveRegistry(parts: RegistryParts, request: Request): Response {
  const { method } = request;
  const path = decodeURIComponent(new URL(request.url).pathname);
  if (method !== "GET" && method !== "HEAD") {
    return errorResponse(method, 405, "UNSUPPORTED", "The operation is unsupported.");
  }
  const isPing = path === "/v2/" || path === "/v2";
  const [, name, kind, reference] = ROUTE.exec(path) ?? [];
  if (!isPing && (name === undefined || kind === undefined || reference === undefined)) {
    return bodyResponse(method, 404, "404 page not found\n", { "content-type": "text/plain" });
  }
  const repositoryName = name ?? null;
  const authorization = request.headers.get("authorization");
  const check = parts.tokens?.check(authorization, repositoryName) ?? { ok: true, account: null };
  const refuse = (error: ChallengeError) =>
    unauthorized(method, parts.challenge(repositoryName, error), detailOf(repositoryName));
  if (!check.ok) return refuse(check.error);
  if (name === undefined || kind === undefined || reference === undefined) {
    return bodyResponse(method, 200, "{}", { "content-type": "application/json" });
  }
  const repository = parts.store.get(name);
  if (repository === undefined && parts.tokens === null) {
    return errorResponse(method, 404, "NAME_UNKNOWN", "repository name not known to registry");
  }
  // Docker Hub does not reveal whether a repository is missing or private.
  if (repository === undefined) return refuse("insufficient_scope");
  const target = { name, kind, reference, repository, account: check.account };
  return serveKind(parts, request, target);
}

function detailOf(name: string | null): unknown {
  return name === null ? null : [{ Type: "repository", Name: name, Action: "pull" }];
}

interface Target {
  readonly name: string;
  readonly kind: string;
  readonly reference: string;
  readonly repository: Repository;
  readonly account: string | null;
}

function serveKind(parts: RegistryParts, request: Request, target: Target): Response {
  const { method } = request;
  const { name, kind, reference, repository } = target;
  const url = new URL(request.url);
  if (kind === "manifests") return serveManifest(request, target, parts.quota);
  if (kind === "blobs") return redirectToBlob(parts.storage, method, repository, reference);
  if (kind === "tags") return serveTags(method, url, name, repository.tags.keys(), parts.paging);
  return serveReferrers(method, url, reference, repository, parts.paging);
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

/** Answers as Docker Hub does: a GET costs one pull, a HEAD is free and works with none left. */
function serveManifest(
  { method, headers: sent }: Request,
  { repository, reference, account }: Target,
  quota: Quota,
): Response {
  const accepted = acceptedTypes(sent);
  const found = find(repository, reference, accepted);
  if (found === null) return unknown(method, "manifest unknown", { Tag: reference });
  const refused = ociRefusal(found.manifest.mediaType, accepted);
  if (refused !== null) return unknown(method, refused, null);
  if (method === "GET" && !quota.spend(account)) return tooMany(account, quota);
  const headers = {
    "content-type": found.manifest.mediaType,
    "docker-content-digest": found.digest,
    etag: `"${found.digest}"`,
    ...quota.headers(account),
  };
  if (sent.get("if-none-match") === headers.etag) {
    return new Response(null, { status: 304, headers });
  }
  return bodyResponse(method, 200, found.manifest.bytes, headers);
}

/** Docker Hub's answer when no pulls are left. */
export function tooMany(account: string | null, quota: Quota): Response {
  const whose = account === null ? "unauthenticated" : "authenticated";
  const message = `You have reached your ${whose} pull rate limit. https://www.docker.com/increase-rate-limit`;
  return errorResponse("GET", 429, "TOOMANYREQUESTS", message, quota.headers(account));
}

interface Found {
  readonly digest: string;
  readonly manifest: Manifest;
}

function find(repository: Repository, reference: string, accepted: Set<string>): Found | null {
  const digest = repository.tags.get(reference) ?? reference;
  const manifest = repository.manifests.get(digest);
  if (manifest === undefined) return null;
  const isList = manifest.mediaType === docker.index;
  if (reference === digest || !isList || accepted.has(docker.index)) return { digest, manifest };
  return defaultChild(repository, manifest);
}

/** A client that does not accept lists receives the manifest for linux/amd64. */
function defaultChild(repository: Repository, list: Manifest): Found | null {
  const { manifests } = JSON.parse(new TextDecoder().decode(list.bytes)) as {
    manifests: { digest: string; platform: { os: string; architecture: string } }[];
  };
  const { digest = "" } =
    manifests.find(({ platform }) => `${platform.os}/${platform.architecture}` === "linux/amd64") ??
    {};
  const manifest = repository.manifests.get(digest);
  return manifest === undefined ? null : { digest, manifest };
}

function acceptedTypes(headers: Headers): Set<string> {
  const parts = (headers.get("accept") ?? "").split(",");
  return new Set(parts.map((part) => (part.split(";")[0] ?? "").trim()));
}

function ociRefusal(mediaType: string, accepted: Set<string>): string | null {
  if (accepted.has(mediaType)) return null;
  if (mediaType === oci.index) {
    return "OCI index found, but accept header does not support OCI indexes";
  }
  if (mediaType === oci.manifest) {
    return "OCI manifest found, but accept header does not support OCI manifests";
  }
  return null;
}

function unknown(method: string, message: string, detail: unknown): Response {
  return errorResponse(method, 404, "MANIFEST_UNKNOWN", message, {}, detail);
}

/** How the registry pages its lists. */
export interface Paging {
  readonly pageSize: number;
  /** The start of the URL in a `Link`; empty for a relative URL. */
  readonly linkOrigin: string;
}

/** One page of tags in lexical order; `tags` is null if there are none, as in distribution. */
export function serveTags(
  method: string,
  url: URL,
  name: string,
  tags: Iterable<string>,
  paging: Paging,
): Response {
  const n = url.searchParams.get("n");
  if (n !== null && !/^\d+$/.test(n)) {
    return errorResponse(method, 400, "PAGINATION_NUMBER_INVALID", "invalid number of results");
  }
  const size = n === null ? paging.pageSize : Number(n);
  const last = url.searchParams.get("last") ?? "";
  const rest = [...tags].sort().filter((tag) => tag > last);
  const page = rest.slice(0, size);
  const hasMore = size > 0 && rest.length > size;
  const next = `${paging.linkOrigin}${url.pathname}?last=${page.at(-1)}&n=${size}`;
  const body = JSON.stringify({ name, tags: rest.length === 0 && last === "" ? null : page });
  return bodyResponse(method, 200, body, {
    "content-type": "application/json",
    ...(hasMore ? { link: `<${next}>; rel="next"` } : {}),
  });
}

/** An index of the manifests whose `subject` is the digest: empty if there are none. */
function serveReferrers(
  method: string,
  url: URL,
  digest: string,
  repository: Repository,
  paging: Paging,
): Response {
  if (!/^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$/.test(digest)) {
    return errorResponse(method, 400, "DIGEST_INVALID", "provided digest did not match");
  }
  const type = url.searchParams.get("artifactType");
  const last = url.searchParams.get("last") ?? "";
  const all = referrersOf(repository, digest)
    .filter(({ artifactType }) => type === null || artifactType === type)
    .filter((referrer) => referrer.digest > last);
  const manifests = all.slice(0, paging.pageSize);
  const query = new URLSearchParams(url.searchParams);
  query.set("last", manifests.at(-1)?.digest ?? "");
  const next = `${paging.linkOrigin}${url.pathname}?${query}`;
  const body = JSON.stringify({ schemaVersion: 2, mediaType: oci.index, manifests });
  return bodyResponse(method, 200, body, {
    "content-type": oci.index,
    ...(type === null ? {} : { "oci-filters-applied": "artifactType" }),
    ...(all.length > manifests.length ? { link: `<${next}>; rel="next"` } : {}),
  });
}

interface ArtifactManifest {
  readonly artifactType?: string;
  readonly subject?: { readonly digest: string };
  readonly config?: { readonly mediaType: string };
}

function referrersOf(repository: Repository, subject: string) {
  const referrers = [...repository.manifests].flatMap(([digest, { bytes, mediaType }]) => {
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as ArtifactManifest;
    if (manifest.subject?.digest !== subject) return [];
    const artifactType = manifest.artifactType ?? manifest.config?.mediaType ?? "";
    return [{ mediaType, digest, size: bytes.length, artifactType }];
  });
  return referrers.sort((one, other) => (one.digest < other.digest ? -1 : 1));
}
