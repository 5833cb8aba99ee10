import {
  addManifest,
  buildArtifact,
  buildImage,
  type Descriptor,
  emptyParts,
  type Image,
  type ImageOptions,
  oci,
} from "../support/image.ts";
import type { Upstream } from "./upstream.ts";

/** An image at the upstream, with its name. */
export interface Subject {
  readonly repository: string;
  readonly tag: string;
  readonly image: Image;
  /** The digest that the tag points to. */
  readonly digest: string;
  /** The configuration of this machine's platform: the image's id in some stores. */
  readonly config: string;
}

/** The contents of the upstream. */
export interface Published {
  /** One of each format; all their blobs are small enough for the mirror to cache. */
  readonly small: readonly Subject[];
  /** Has layers that the mirror does not cache without R2. */
  readonly large: Subject;
  readonly all: readonly Subject[];
  readonly tagsOfLarge: readonly string[];
  /** The digest of an artifact that refers to the large image. */
  readonly signature: string;
}

export const PLATFORM = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;
const FOREIGN = "linux/s390x";
const LAYER_BYTES = 3 * 2 ** 20;
const TAGS = ["1.29", "1.30", "1.31", "alpine", "latest"];
const SIGNATURE = "application/vnd.example.signature";

/** Builds the images and pushes them. */
export async function publish(upstream: Upstream): Promise<Published> {
  const one = { platforms: [PLATFORM], layers: 2 };
  const two = { platforms: [FOREIGN, PLATFORM], layers: 3 };
  const put = async (repository: string, tags: readonly string[], options: ImageOptions) => {
    const image = await buildImage({ ...options, files: { "etc/name": repository } });
    await upstream.push(repository, image, tags);
    const tag = tags.at(-1) ?? "";
    return { repository, tag, image, digest: image.tagDigest, config: configOf(image) };
  };
  const small = [
    await put("library/busybox", ["1.30"], { ...one, mediaTypes: "docker" }),
    await put("library/alpine", ["3.20"], { ...one, mediaTypes: "oci" }),
    await put("grafana/grafana", ["8.3.1"], { ...two, mediaTypes: "docker" }),
  ];
  const large = await put("library/nginx", TAGS, { ...two, layerBytes: LAYER_BYTES });
  return {
    small,
    large,
    all: [...small, large],
    tagsOfLarge: TAGS,
    signature: await sign(upstream, large),
  };
}

/** @returns the digest of the configuration of this machine's platform. */
export function configOf(image: Image): string {
  const manifest = image.manifests.get(image.platforms.get(PLATFORM) ?? "");
  return JSON.parse(new TextDecoder().decode(manifest?.bytes)).config.digest;
}

/** Pushes a signature and, since docker-registry has no referrers, lists it under a tag. */
async function sign(upstream: Upstream, { repository, digest, image }: Subject): Promise<string> {
  const index = describe(image, digest, oci.index);
  const signature = await buildArtifact(index, SIGNATURE, "signed");
  await upstream.push(repository, signature, []);
  const entry = describe(signature, signature.tagDigest, oci.manifest);
  const list = {
    schemaVersion: 2,
    mediaType: oci.index,
    manifests: [{ ...entry, artifactType: SIGNATURE }],
  };
  const parts = emptyParts();
  const { digest: tagDigest } = await addManifest(parts, oci.index, list);
  await upstream.push(repository, { ...parts, tagDigest }, [digest.replace(":", "-")]);
  return signature.tagDigest;
}

function describe({ manifests }: Image, digest: string, mediaType: string): Descriptor {
  return { mediaType, digest, size: manifests.get(digest)?.bytes.length ?? 0 };
}
