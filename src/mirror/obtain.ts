import { manifestKey } from "../cache/keys.ts";
import type { Entry } from "../cache/store.ts";
import type { Manifest } from "../protocol/descriptor.ts";
import type { Digest } from "../protocol/digest.ts";
import { ALL_TYPES } from "../protocol/media-type.ts";
import {
  type FetchedManifest,
  getManifest,
  type OpenManifest,
  openManifest,
} from "../upstream/manifest.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";

/** @returns the manifest if it is in a cache, else null. No upstream call. */
export async function cachedManifest(
  { manifests, space }: Context,
  image: Image,
  digest: Digest,
): Promise<Manifest | null> {
  const entry = await manifests.read(manifestKey(space, image.name, digest), digest);
  return entry && manifestOf(digest, entry);
}

/**
 * The manifest from a cache, else from the upstream: asked for in every type, since a digest names
 * the same bytes whatever a client accepts.
 *
 * @returns an open one if it is too large to be kept; it cannot be shared with other requests.
 * @throws RegistryError as `getManifest`.
 */
export async function obtainManifest(
  context: Context,
  image: Image,
  digest: Digest,
): Promise<Manifest | OpenManifest> {
  const key = manifestKey(context.space, image.name, digest);
  const near = context.manifests.peek(key);
  if (near !== null) return manifestOf(digest, near);
  const reference = { kind: "digest", digest } as const;
  const question = { name: image.name, reference, accepted: ALL_TYPES };
  const opened: OpenManifest[] = [];
  const manifest = await context.share(key, async () => {
    const cached = await cachedManifest(context, image, digest);
    if (cached !== null) return cached;
    const fetched = await context.refusals.guard(key, () =>
      getManifest(context.upstream, question),
    );
    if ("bytes" in fetched) return keepManifest(context, image, fetched);
    opened.push(fetched);
    return null;
  });
  return manifest ?? opened[0] ?? openManifest(context.upstream, question);
}

/** Keeps a manifest whose bytes have its digest; others pass through. */
export function keepManifest(
  { manifests, space }: Context,
  image: Image,
  manifest: FetchedManifest,
): FetchedManifest {
  const { digest, bytes, mediaType, isVerified } = manifest;
  const key = manifestKey(space, image.name, digest);
  if (isVerified) manifests.write(key, { bytes, mediaType });
  return manifest;
}

function manifestOf(digest: Digest, { bytes, mediaType }: Entry): Manifest {
  return { digest, mediaType, size: bytes.byteLength, bytes };
}
