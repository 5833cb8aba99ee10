import type { Descriptor, Manifest } from "../protocol/descriptor.ts";
import { type Digest, digestOf, matchesDigest, parseDigest } from "../protocol/digest.ts";
import { RegistryError } from "../protocol/errors.ts";
import {
  type AcceptClass,
  ALL_TYPES,
  acceptHeader,
  essence,
  isManifestType,
  isSignedManifest,
  manifestType,
} from "../protocol/media-type.ts";
import type { Name } from "../protocol/name.ts";
import { imageLabel, type Reference, referenceText } from "../protocol/reference.ts";
import { ask, type Reply } from "./ask.ts";
import { discard, promisedLength } from "./body.ts";
import { failureOf } from "./failure.ts";
import type { Upstream } from "./upstream.ts";

export interface ManifestQuestion {
  readonly name: Name;
  readonly reference: Reference;
  readonly accepted: AcceptClass;
}

export interface FetchedManifest extends Manifest {
  /** Whether the digest is that of the bytes. False only for a signed manifest of schema 1. */
  readonly isVerified: boolean;
}

/** What a manifest may have to be kept, as most registries limit it too. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/**
 * HEAD of a manifest, which costs no pull.
 *
 * @returns null if the answer lacks what a client needs: then only a GET can tell.
 * @throws RegistryError MANIFEST_UNKNOWN and whatever else `failureOf` and `ask` have.
 */
export async function headManifest(
  upstream: Upstream,
  question: ManifestQuestion,
): Promise<Descriptor | null> {
  const reply = await askFor(upstream, question, "HEAD");
  const { status, headers } = reply.response;
  if (status === 405 || status === 501) return null;
  if (status !== 200) throw await failureOf(upstream, reply, subjectOf(question));
  discard(reply.response);
  const digest = claimedDigest(question.reference, headers);
  const mediaType = essence(headers.get("content-type") ?? "");
  const size = promisedLength(headers);
  // quay.io makes one up for clients that do not take what there is; no digest leads to it.
  if (isSignedManifest(mediaType) && question.accepted !== ALL_TYPES) {
    return headManifest(upstream, { ...question, accepted: ALL_TYPES });
  }
  return digest && size && isManifestType(mediaType) ? { digest, mediaType, size } : null;
}

/** A manifest that is too large to be verified before it is passed on: its body is unread. */
export interface OpenManifest {
  readonly mediaType: string;
  /** Bytes; null if the upstream does not tell. */
  readonly size: number | null;
  readonly body: ReadableStream<Uint8Array> | null;
}

/**
 * GET of a manifest, verified if it has at most `MAX_MANIFEST_BYTES`, else open.
 *
 * @throws RegistryError UNAVAILABLE if the bytes do not have the digest, and as `headManifest`.
 */
export async function getManifest(
  upstream: Upstream,
  question: ManifestQuestion,
): Promise<FetchedManifest | OpenManifest> {
  const reply = await askForGet(upstream, question);
  const { response, url } = reply;
  if ((promisedLength(response.headers) ?? 0) > MAX_MANIFEST_BYTES) return open(question, reply);
  const bytes = await upstream.http.read(response, url, MAX_MANIFEST_BYTES);
  return bytes === null ? openManifest(upstream, question) : verified(question, reply, bytes);
}

/**
 * GET of a manifest of any size, unread and so unverified.
 *
 * @throws RegistryError as `headManifest`.
 */
export async function openManifest(
  upstream: Upstream,
  question: ManifestQuestion,
): Promise<OpenManifest> {
  return open(question, await askForGet(upstream, question));
}

function open(question: ManifestQuestion, { response, url }: Reply): OpenManifest {
  const { headers, body } = response;
  const mediaType = essence(headers.get("content-type") ?? "");
  if (isManifestType(mediaType)) return { mediaType, size: promisedLength(headers), body };
  discard(response);
  throw unusableManifest(question, url, "is no manifest");
}

async function askForGet(upstream: Upstream, question: ManifestQuestion): Promise<Reply> {
  const reply = await askFor(upstream, question, "GET");
  if (reply.response.status === 200) return reply;
  throw await failureOf(upstream, reply, subjectOf(question));
}

async function verified(
  question: ManifestQuestion,
  { response: { headers }, url }: Reply,
  bytes: Uint8Array,
): Promise<FetchedManifest> {
  const mediaType = manifestType(headers.get("content-type"), bytes);
  const digest = claimedDigest(question.reference, headers) ?? (await digestOf(bytes));
  const isVerified = await matchesDigest(bytes, digest);
  if (mediaType !== null && (isVerified || isSignedManifest(mediaType))) {
    return { digest, mediaType, size: bytes.byteLength, bytes, isVerified };
  }
  const what = isVerified ? "is no manifest" : "does not have the digest that it should";
  throw unusableManifest(question, url, what);
}

function unusableManifest(question: ManifestQuestion, url: URL, what: string): RegistryError {
  const { label } = subjectOf(question);
  return new RegistryError(
    "UNAVAILABLE",
    `${label}: what ${url.host} sent ${what}; it was thrown away, try again`,
  );
}

function askFor(
  upstream: Upstream,
  { name, reference, accepted }: ManifestQuestion,
  method: "GET" | "HEAD",
): Promise<Reply> {
  const path = `manifests/${referenceText(reference)}`;
  return ask(upstream, { name, path, method, headers: { accept: acceptHeader(accepted) } });
}

function subjectOf({ name, reference }: ManifestQuestion) {
  return { label: imageLabel(name, reference), unknown: "MANIFEST_UNKNOWN" } as const;
}

function claimedDigest(reference: Reference, headers: Headers): Digest | null {
  if (reference.kind === "digest") return reference.digest;
  return parseDigest(headers.get("docker-content-digest") ?? "");
}
