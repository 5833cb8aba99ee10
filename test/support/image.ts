import { buildLayer } from "./image/layer.ts";
import { docker, type MediaTypes, oci } from "./image/media-types.ts";
import {
  addBlob,
  addManifest,
  type Descriptor,
  emptyParts,
  encodeJson,
  type Image,
  type Parts,
} from "./image/parts.ts";
import { sha256 } from "./sha256.ts";

/** What an image is built from. Equal options make equal images in the same runtime. */
export interface ImageOptions {
  /** `os/architecture[/variant]`; more than one makes an index. linux/amd64 unless said. */
  readonly platforms?: readonly string[];
  /** Path to text; they make the first layer. */
  readonly files?: Readonly<Record<string, string>>;
  /** How many layers each platform has; 1 unless said. */
  readonly layers?: number;
  /** Filler that does not compress, in each layer; none unless said. */
  readonly layerBytes?: number;
  readonly mediaTypes?: "docker" | "oci";
}

/** Builds an image that docker, containerd and podman accept, in memory. */
export async function buildImage(options: ImageOptions = {}): Promise<Image> {
  const types = options.mediaTypes === "docker" ? docker : oci;
  const parts = emptyParts();
  const children: Child[] = [];
  for (const platform of options.platforms ?? ["linux/amd64"]) {
    const child = await addPlatform(parts, types, platform, options);
    parts.platforms.set(platform, child.digest);
    children.push(child);
  }
  const [only, ...others] = children;
  if (only !== undefined && others.length === 0) return { ...parts, tagDigest: only.digest };
  const index = { schemaVersion: 2, mediaType: types.index, manifests: children };
  return { ...parts, tagDigest: (await addManifest(parts, types.index, index)).digest };
}

type Child = Descriptor & { platform: object };

async function addPlatform(
  parts: Parts,
  types: MediaTypes,
  platform: string,
  options: ImageOptions,
): Promise<Child> {
  const layers: Descriptor[] = [];
  const diffIds: string[] = [];
  for (let index = 0; index < (options.layers ?? 1); index += 1) {
    const files = index === 0 ? (options.files ?? {}) : {};
    const fillerBytes = options.layerBytes ?? 0;
    const layer = await buildLayer({ platform, index, files, fillerBytes });
    diffIds.push(await sha256(layer.archive));
    layers.push(await addBlob(parts, types.layer, layer.compressed));
  }
  const config = await addBlob(parts, types.config, encodeJson(imageConfig(platform, diffIds)));
  const manifest = { schemaVersion: 2, mediaType: types.manifest, config, layers };
  const child = await addManifest(parts, types.manifest, manifest);
  return { ...child, platform: platformFields(platform) };
}

function imageConfig(platform: string, diffIds: string[]): object {
  const created = "2026-01-01T00:00:00Z";
  return {
    created,
    ...platformFields(platform),
    config: { Env: ["PATH=/bin"], Cmd: ["/bin/sh"] },
    rootfs: { type: "layers", diff_ids: diffIds },
    history: diffIds.map((_, index) => ({ created, created_by: `COPY layer ${index}` })),
  };
}

function platformFields(platform: string): { architecture: string; os: string } {
  const [os = "", architecture = "", variant] = platform.split("/");
  return { architecture, os, ...(variant === undefined ? {} : { variant }) };
}
