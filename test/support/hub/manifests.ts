import { docker, oci } from "../image/media-types.ts";
import type { Manifest } from "../image/parts.ts";
import type { Quota } from "./quota.ts";
import { bodyResponse, errorResponse } from "./respond.ts";
import type { Repository } from "./store.ts";

/** One request for a manifest, by an account that may make it. */
export interface ManifestRequest {
  readonly method: string;
  readonly reference: string;
  readonly headers: Headers;
  readonly account: string | null;
}

type Found = { readonly digest: string; readonly manifest: Manifest };

/** Answers as Docker Hub does: a GET costs one pull, a HEAD is free and works with none left. */
export function serveManifest(
  repository: Repository,
  request: ManifestRequest,
  quota: Quota,
): Response {
  const { method, account } = request;
  const accepted = acceptedTypes(request.headers);
  const found = find(repository, request.reference, accepted);
  if (found === null) return unknown(method, "manifest unknown", { Tag: request.reference });
  const refused = ociRefusal(found.manifest.mediaType, accepted);
  if (refused !== null) return unknown(method, refused, null);
  if (method === "GET" && !quota.spend(account)) return tooMany(account, quota);
  const headers = {
    "content-type": found.manifest.mediaType,
    "docker-content-digest": found.digest,
    etag: `"${found.digest}"`,
    ...quota.headers(account),
  };
  if (request.headers.get("if-none-match") === headers.etag) {
    return new Response(null, { status: 304, headers });
  }
  return bodyResponse(method, 200, found.manifest.bytes, headers);
}

/** What Docker Hub says when no pulls are left. */
export function tooMany(account: string | null, quota: Quota): Response {
  const whose = account === null ? "unauthenticated" : "authenticated";
  const message = `You have reached your ${whose} pull rate limit. https://www.docker.com/increase-rate-limit`;
  return errorResponse("GET", 429, "TOOMANYREQUESTS", message, quota.headers(account));
}

function find(repository: Repository, reference: string, accepted: Set<string>): Found | null {
  const digest = repository.tags.get(reference) ?? reference;
  const manifest = repository.manifests.get(digest);
  if (manifest === undefined) return null;
  const isList = manifest.mediaType === docker.index;
  if (reference === digest || !isList || accepted.has(docker.index)) return { digest, manifest };
  return defaultChild(repository, manifest);
}

/** A client that knows no lists is given the manifest for linux/amd64. */
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
