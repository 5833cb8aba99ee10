import { manifestKey } from "../cache/keys.ts";
import type { Manifest } from "../protocol/descriptor.ts";
import type { Digest } from "../protocol/digest.ts";
import { ALL_TYPES } from "../protocol/media-type.ts";
import { type FetchedManifest, getManifest } from "../upstream/manifest.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";

/** @returns the manifest if it is in a cache, else null. No upstream call. */
export async function cachedManifest(
  { manifests, space }: Context,
  image: Image,
  digest: Digest,
): Promise<Manifest | null> {
  const entry = await manifests.read(manifestKey(space, image.name, digest), digest);
  return entry && { digest, size: entry.bytes.byteLength, ...entry };
}

/**
 * The manifest from a cache, else from the upstream: asked for in every type, since a digest names
 * the same bytes whatever a client accepts.
 *
 * @returns null if it is too large to be kept.
 * @throws RegistryError as `getManifest`.
 */
export async function obtainManifest(
  context: Context,
  image: Image,
  digest: Digest,
): Promise<Manifest | null> {
  const cached = await cachedManifest(context, image, digest);
  if (cached !== null) return cached;
  const key = manifestKey(context.space, image.name, digest);
  const reference = { kind: "digest", digest } as const;
  return context.refusals.guard(key, () =>
    context.share(key, async () => {
      const question = { name: image.name, reference, accepted: ALL_TYPES };
      const manifest = await getManifest(context.upstream, question);
      if (manifest !== null) keepManifest(context, image, manifest);
      return manifest;
    }),
  );
}

/** Keeps a manifest whose bytes have its digest; others pass through. */
export function keepManifest(
  { manifests, space }: Context,
  image: Image,
  { digest, bytes, mediaType, isVerified }: FetchedManifest,
): void {
  if (!isVerified) return;
  manifests.write(manifestKey(space, image.name, digest), { bytes, mediaType });
}
