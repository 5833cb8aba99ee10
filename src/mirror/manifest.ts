import { manifestKey } from "../cache/keys.ts";
import type { Descriptor, Manifest } from "../protocol/descriptor.ts";
import type { Digest } from "../protocol/digest.ts";
import { isPassing, RegistryError } from "../protocol/errors.ts";
import { namesDigest } from "../protocol/etag.ts";
import { ALL_TYPES, acceptClass } from "../protocol/media-type.ts";
import type { Reference, Tag } from "../protocol/reference.ts";
import { discard } from "../upstream/body.ts";
import { headManifest, type OpenManifest } from "../upstream/manifest.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";
import { cachedManifest, obtainManifest } from "./obtain.ts";
import type { ClientRequest } from "./request.ts";
import { isGone, type Resolution, resolveTag } from "./resolve.ts";
import {
  type ManifestAnswer,
  respondManifest,
  respondManifestUnchanged,
} from "./respond-manifest.ts";

/** What is known of an answer before its headers are written. */
interface Standing {
  readonly isByTag: boolean;
  readonly isKnown: boolean;
  readonly warning: string | null;
  readonly isStretched: boolean;
}

const BY_DIGEST: Standing = {
  isByTag: false,
  isKnown: false,
  warning: null,
  isStretched: false,
};

/**
 * GET and HEAD `/v2/<name>/manifests/<reference>`.
 *
 * @throws RegistryError for every other answer than 200 and 304.
 */
export function serveManifest(
  context: Context,
  request: ClientRequest,
  image: Image,
  reference: Reference,
): Promise<Response> {
  return reference.kind === "tag"
    ? serveByTag(context, request, image, reference.tag)
    : serveByDigest(context, request, image, reference.digest);
}

async function serveByTag(
  context: Context,
  request: ClientRequest,
  image: Image,
  tag: Tag,
): Promise<Response> {
  const accepted = acceptClass(request.headers.get("accept"));
  const resolution = await resolveTag(context, { image, tag, accepted });
  const { descriptor, isKnown, warning, isStretched } = resolution;
  const standing = { isByTag: true, isKnown, warning, isStretched };
  if (isUnchanged(request, descriptor.digest)) return unchanged(context, descriptor, standing);
  if (request.isHead) return head(context, descriptor, standing);
  return send(context, image, descriptor, standing).catch((error: unknown) => {
    if (isGone(error)) context.pointers.drop(resolution.key);
    return sendPrevious(context, image, resolution, error);
  });
}

/** The tag has moved on, but what it leads to now cannot be had: what it led to before can. */
async function sendPrevious(
  context: Context,
  image: Image,
  { previous }: Resolution,
  error: unknown,
): Promise<Response> {
  const isCached = previous && (await cachedManifest(context, image, previous.digest));
  if (!isCached || !isPassing(error)) throw error;
  const standing = { isByTag: true, isKnown: true, warning: error.message, isStretched: false };
  return send(context, image, previous, standing);
}

async function serveByDigest(
  context: Context,
  request: ClientRequest,
  image: Image,
  digest: Digest,
): Promise<Response> {
  if (!request.isHead && !isUnchanged(request, digest)) {
    return send(context, image, { digest }, BY_DIGEST);
  }
  const descriptor =
    (await cachedManifest(context, image, digest)) ?? (await lookUp(context, image, digest));
  if (isUnchanged(request, digest)) return unchanged(context, descriptor, BY_DIGEST);
  return head(context, descriptor, BY_DIGEST);
}

/** What the upstream says of a digest to a HEAD; by a GET if it does not tell enough. */
async function lookUp(context: Context, image: Image, digest: Digest): Promise<Descriptor> {
  const reference = { kind: "digest", digest } as const;
  const question = { name: image.name, reference, accepted: ALL_TYPES };
  const key = manifestKey(context.space, image.name, digest);
  const descriptor = await context.refusals.guard(key, () =>
    headManifest(context.upstream, question),
  );
  return descriptor ?? measure(image, digest, await obtainManifest(context, image, digest));
}

function measure(image: Image, digest: Digest, manifest: Manifest | OpenManifest): Descriptor {
  if ("bytes" in manifest) return manifest;
  discard(manifest);
  const { mediaType, size } = manifest;
  if (size !== null) return { digest, mediaType, size };
  throw new RegistryError(
    "UNAVAILABLE",
    `${image.name}@${digest}: the upstream does not tell the size of this large manifest`,
  );
}

async function send(
  context: Context,
  image: Image,
  { digest }: { readonly digest: Digest },
  standing: Standing,
): Promise<Response> {
  const manifest = await obtainManifest(context, image, digest);
  const body = "bytes" in manifest ? manifest.bytes : manifest.body;
  const { mediaType, size } = manifest;
  return respondManifest({ digest, mediaType, size }, body, answerOf(context, standing));
}

function head(context: Context, descriptor: Descriptor, standing: Standing): Response {
  return respondManifest(descriptor, null, answerOf(context, standing));
}

function unchanged(context: Context, { digest }: Descriptor, standing: Standing): Response {
  return respondManifestUnchanged(digest, answerOf(context, standing));
}

function isUnchanged(request: ClientRequest, digest: Digest): boolean {
  return namesDigest(request.headers.get("if-none-match"), digest);
}

function answerOf({ trace }: Context, standing: Standing): ManifestAnswer {
  const { isByTag, isKnown, warning, isStretched } = standing;
  const isForwarded = trace.upstreamRequests > 0;
  const detail = warning !== null ? "stale" : isStretched ? "quota" : null;
  return { isByTag, warning, cacheStatus: { isForwarded, isKnown, detail } };
}
