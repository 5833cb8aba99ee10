import type { Descriptor, Manifest } from "../protocol/descriptor.ts";
import { type Digest, digestOf, matchesDigest, parseDigest } from "../protocol/digest.ts";
import { RegistryError } from "../protocol/errors.ts";
import {
  type AcceptClass,
  ALL_TYPES,
  ANY_TYPE,
  acceptHeader,
  essence,
  isManifestType,
  isSignedManifest,
  manifestType,
} from "../protocol/media-type.ts";
import type { Name } from "../protocol/name.ts";
import { imageLabel, type Reference, referenceText } from "../protocol/reference.ts";
import { failureOf } from "./failure.ts";
import { contentLength, discard, retryTruncated } from "./http.ts";
import { fetchFromRegistry, type RegistryRequest, type RegistryResponse } from "./registry.ts";
import type { Upstream } from "./upstream.ts";

export interface ManifestRequest {
  readonly name: Name;
  readonly reference: Reference;
  readonly accepted: AcceptClass;
}

export interface FetchedManifest extends Manifest {
  /** Whether the bytes match the digest. False only for a signed manifest of schema 1. */
  readonly isVerified: boolean;
}

/** The limit of most registries; containerd refuses larger manifests too. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/**
 * The descriptor of a manifest, by HEAD, which is not counted as a pull. If the upstream has no HEAD,
 * or its response does not describe the manifest, a GET replaces it.
 *
 * @returns the whole manifest if a GET was needed.
 * @throws RegistryError MANIFEST_UNKNOWN, and the errors of `getManifest`.
 */
export async function headManifest(
  upstream: Upstream,
  request: ManifestRequest,
): Promise<Descriptor | FetchedManifest> {
  const answer = await fetchFromRegistry(upstream, registryRequest(request, "HEAD"));
  const { status, headers } = answer.response;
  if (refusesHead(answer)) {
    discard(answer.response);
    return getManifest(upstream, request);
  }
  if (status !== 200) throw await failureOf(upstream, answer, subjectOf(request));
  discard(answer.response);
  const digest = reportedDigest(request.reference, headers);
  const mediaType = essence(headers.get("content-type") ?? "");
  const size = contentLength(headers);
  // quay.io converts to schema 1 for clients that do not accept the stored type; no digest leads
  // to the result.
  if (isSignedManifest(mediaType) && !request.accepted.startsWith(ALL_TYPES)) {
    return headManifest(upstream, { ...request, accepted: ALL_TYPES });
  }
  if (digest && size && isManifestType(mediaType)) return { digest, mediaType, size };
  return getManifest(upstream, request);
}

/** @returns whether a HEAD failed that a GET may replace: some storages sign URLs for GET only. */
export function refusesHead({ response: { status }, isRegistry }: RegistryResponse): boolean {
  if (status === 405 || status === 501) return true;
  return !isRegistry && (status === 403 || status === 404);
}

/**
 * GET of a manifest, verified against its digest.
 *
 * @throws RegistryError MANIFEST_UNKNOWN; UNAVAILABLE if the bytes do not match the digest or are
 * more than `MAX_MANIFEST_BYTES`; and the errors of `failureOf` and `fetchFromRegistry`.
 */
export const getManifest = retryTruncated(async function getManifest(
  upstream: Upstream,
  request: ManifestRequest,
): Promise<FetchedManifest> {
  const answer = await fetchFromRegistry(upstream, registryRequest(request, "GET"));
  const { response, url } = answer;
  if (response.status !== 200) throw await failureOf(upstream, answer, subjectOf(request));
  const { label } = subjectOf(request);
  const bytes = await upstream.http.read(response, url, upstream.usage, MAX_MANIFEST_BYTES);
  if (bytes === null) {
    throw new RegistryError("UNAVAILABLE", `${label}: the manifest is larger than 4 MiB`);
  }
  const { headers } = response;
  const mediaType = manifestType(headers.get("content-type"), bytes);
  const digest = reportedDigest(request.reference, headers) ?? (await digestOf(bytes));
  const isVerified = await matchesDigest(bytes, digest);
  if (mediaType !== null && (isVerified || isSignedManifest(mediaType))) {
    return { digest, mediaType, size: bytes.byteLength, bytes, isVerified };
  }
  const problem = isVerified ? "is not a manifest" : "does not match its digest";
  throw new RegistryError(
    "UNAVAILABLE",
    `${label}: the response of ${url.host} ${problem} and was discarded; try again`,
  );
});

function registryRequest(
  { name, reference, accepted }: ManifestRequest,
  method: "GET" | "HEAD",
): RegistryRequest {
  const path = `manifests/${referenceText(reference)}`;
  // By digest, whatever is stored is right, so nothing is ruled out.
  const accept = reference.kind === "digest" ? ANY_TYPE : acceptHeader(accepted);
  return { name, path, method, headers: { accept } };
}

function subjectOf({ name, reference }: ManifestRequest) {
  return { label: imageLabel(name, reference), unknown: "MANIFEST_UNKNOWN" } as const;
}

function reportedDigest(reference: Reference, headers: Headers): Digest | null {
  if (reference.kind === "digest") return reference.digest;
  return parseDigest(headers.get("docker-content-digest") ?? "");
}
