import { manifestKey } from "../cache/keys.ts";
import type { Entry } from "../cache/store.ts";
import { type CacheStatus, HIT, MISS } from "../protocol/cache-status.ts";
import type { Descriptor, Manifest } from "../protocol/descriptor.ts";
import type { Digest } from "../protocol/digest.ts";
import { ALL_TYPES } from "../protocol/media-type.ts";
import type { Services } from "../services.ts";
import { askInOrder } from "../upstream/in-order.ts";
import { type FetchedManifest, getManifest, headManifest } from "../upstream/manifest.ts";
import type { Target } from "./target.ts";

/** A manifest and its origin. */
export interface LoadedManifest<T = Manifest> {
  readonly manifest: T;
  readonly cacheStatus: CacheStatus;
}

/**
 * The descriptor of a manifest, from the caches or by HEAD upstream.
 *
 * @throws RegistryError as `headManifest`, and TOOMANYREQUESTS for a client over its limit.
 */
export async function describeManifest(
  services: Services,
  target: Target,
  digest: Digest,
): Promise<LoadedManifest<Descriptor>> {
  const cached = await cachedManifest(services, target, digest);
  if (cached !== null) return { manifest: cached, cacheStatus: HIT };
  await target.client.countFetch();
  const key = `HEAD ${keyOf(target, digest)}`;
  const request = requestFor(target, digest);
  const { value: manifest } = await services.negative.guard(key, "limits and missing", () =>
    askInOrder(target, (upstream) => headManifest(upstream, request)),
  );
  if ("bytes" in manifest) keepManifest(services, target, manifest);
  return { manifest, cacheStatus: MISS };
}

/**
 * A manifest from the caches, or else from the upstream. It is requested in every known type, since
 * a digest identifies the same bytes whatever the client accepts.
 *
 * @throws RegistryError as `getManifest`, and TOOMANYREQUESTS for a client over its limit.
 */
export async function loadManifest(
  services: Services,
  target: Target,
  digest: Digest,
): Promise<LoadedManifest> {
  const { manifests, negative } = services;
  const key = keyOf(target, digest);
  const cached = await cachedManifest(services, target, digest);
  if (cached !== null) return { manifest: cached, cacheStatus: HIT };
  await target.client.countFetch();
  const { value, isCollapsed } = await target.singleFlight(key, async () => {
    // Another request may have fetched it meanwhile.
    const held = manifests.peek(key);
    if (held !== null) return { manifest: toManifest(digest, held), cacheStatus: HIT };
    const request = requestFor(target, digest);
    const { value: fetched } = await negative.guard(`GET ${key}`, "limits and missing", () =>
      askInOrder(target, (upstream) => getManifest(upstream, request)),
    );
    keepManifest(services, target, fetched);
    return { manifest: fetched, cacheStatus: MISS };
  });
  return { ...value, cacheStatus: { ...value.cacheStatus, isCollapsed } };
}

/** @returns the manifest from the caches, or null. Causes no upstream request. */
export async function cachedManifest(
  { manifests }: Services,
  target: Target,
  digest: Digest,
): Promise<Manifest | null> {
  const entry = await manifests.read(keyOf(target, digest));
  return entry && toManifest(digest, entry);
}

/** Caches a manifest, unless it could not be verified. */
export function keepManifest(
  { manifests }: Services,
  target: Target,
  { digest, bytes, mediaType, isVerified }: FetchedManifest,
): void {
  if (isVerified) manifests.write(keyOf(target, digest), { bytes, mediaType });
}

function requestFor({ name }: Target, digest: Digest) {
  return { name, reference: { kind: "digest", digest }, accepted: ALL_TYPES } as const;
}

function keyOf({ partition, name }: Target, digest: Digest): string {
  return manifestKey(partition, name, digest);
}

function toManifest(digest: Digest, { bytes, mediaType }: Entry): Manifest {
  return { digest, mediaType, size: bytes.byteLength, bytes };
}
