import { randomFillSync } from "node:crypto";
import {
  addBlob,
  addManifest,
  type Descriptor,
  emptyParts,
  type Image,
  oci,
  type Parts,
} from "../../test/support/image.ts";

/** How an image is made up. */
export interface ImageShape {
  /** What each platform's layers have in bytes. */
  readonly layers: readonly number[];
  /** One makes a manifest, more an index of them. linux/amd64 alone has the layers. */
  readonly platforms: readonly string[];
}

/** What is pulled in these measurements. */
export const PLATFORM = "linux/amd64";
const PLATFORMS = [PLATFORM, "linux/arm64", "linux/arm/v7", "linux/386", "linux/ppc64le"];
const CONFIG_BYTES = 8_000;
const OTHER_LAYERS = [1_000];

export const SMALL_SINGLE: ImageShape = { layers: [2_000, 1_000], platforms: [PLATFORM] };
export const SMALL_MULTI: ImageShape = { layers: [2_000, 1_000], platforms: PLATFORMS };
const MIB = 1024 * 1024;
/** As official images are: a few large layers among small ones. The large ones are cut short. */
const TYPICAL_LAYERS = [3 * MIB, 2 * MIB, 1_400, 1_000, 600];
export const TYPICAL_SINGLE: ImageShape = { layers: TYPICAL_LAYERS, platforms: [PLATFORM] };
export const TYPICAL_MULTI: ImageShape = { layers: TYPICAL_LAYERS, platforms: PLATFORMS };
export const LARGE_LAYER: ImageShape = { layers: [8 * MIB], platforms: [PLATFORM] };

/** Makes an image that no mirror has seen: its blobs are random bytes, which nobody unpacks here. */
export async function createImage({ layers, platforms }: ImageShape): Promise<Image> {
  const parts = emptyParts();
  const children: Descriptor[] = [];
  for (const platform of platforms) {
    const sizes = platform === PLATFORM ? layers : OTHER_LAYERS;
    const child = await addPlatform(parts, sizes);
    const [os, architecture, variant] = platform.split("/");
    parts.platforms.set(platform, child.digest);
    children.push({ ...child, ...{ platform: { os, architecture, variant } } });
  }
  const [only, ...others] = children;
  if (only !== undefined && others.length === 0) return { ...parts, tagDigest: only.digest };
  const index = { schemaVersion: 2, mediaType: oci.index, manifests: children };
  return { ...parts, tagDigest: (await addManifest(parts, oci.index, index)).digest };
}

async function addPlatform(parts: Parts, sizes: readonly number[]): Promise<Descriptor> {
  const config = await addBlob(parts, oci.config, randomBytes(CONFIG_BYTES));
  const layers: Descriptor[] = [];
  for (const size of sizes) layers.push(await addBlob(parts, oci.layer, randomBytes(size)));
  const manifest = { schemaVersion: 2, mediaType: oci.manifest, config, layers };
  return addManifest(parts, oci.manifest, manifest);
}

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return randomFillSync(new Uint8Array(length));
}
