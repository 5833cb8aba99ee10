import { buildArtifact } from "../support/image/artifact.ts";
import { addManifest, emptyParts, type Image } from "../support/image/parts.ts";
import { buildImage, type ImageOptions } from "../support/image.ts";
import { oci } from "../support/image/media-types.ts";
import type { Upstream } from "./upstream/upstream.ts";

/** An image at the upstream, with what clients call it. */
export interface Subject {
  readonly repository: string;
  readonly tag: string;
  readonly image: Image;
  /** What the tag points to. */
  readonly digest: string;
  /** The configuration of this machine's platform: the image's id in some stores. */
  readonly config: string;
}

/** All that is at the upstream. */
export interface Published {
  /** Of every format; all their blobs are small enough for the mirror to keep. */
  readonly small: readonly Subject[];
  /** Has layers that the mirror does not keep. */
  readonly large: Subject;
  readonly tagsOfLarge: readonly string[];
  readonly signature: { readonly digest: string; readonly type: string };
}

const PLATFORM = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;
const FOREIGN = "linux/s390x";
const LAYER_BYTES = 3 * 2 ** 20;
const TAGS = ["1.29", "1.30", "1.31", "alpine", "latest"];
const SIGNATURE = "application/vnd.example.signature";

/** Builds the images and pushes them. */
export async function publish(upstream: Upstream): Promise<Published> {
  const one = { platforms: [PLATFORM], layers: 2 };
  const two = { platforms: [FOREIGN, PLATFORM], layers: 3 };
  const put = async (name: string, tags: readonly string[], options: ImageOptions) => {
    const files = { "etc/name": name };
    const image = await buildImage({ ...options, files });
    await upstream.push(name, image, tags);
    return subject(name, tags.at(-1) ?? "", image);
  };
  const small = [
    await put("library/busybox", ["1.30"], { ...one, mediaTypes: "docker" }),
    await put("library/alpine", ["3.20"], { ...one, mediaTypes: "oci" }),
    await put("grafana/grafana", ["8.3.1"], { ...two, mediaTypes: "docker" }),
  ];
  const large = await put("library/nginx", TAGS, {
    ...{ ...two, mediaTypes: "oci", layerBytes: LAYER_BYTES },
  });
  return { small, large, tagsOfLarge: TAGS, signature: await signLarge(upstream, large) };
}

function subject(repository: string, tag: string, image: Image): Subject {
  const manifest = image.manifests.get(image.platforms.get(PLATFORM) ?? "");
  const { config } = JSON.parse(new TextDecoder().decode(manifest?.bytes));
  return { repository, tag, image, digest: image.tagDigest, config: config.digest };
}

/** A signature, listed under a tag: docker-registry, like Docker Hub, has no referrers of its own. */
async function signLarge(upstream: Upstream, { repository, digest, image }: Subject) {
  const size = image.manifests.get(digest)?.bytes.length ?? 0;
  const artifact = await buildArtifact({ mediaType: oci.index, digest, size }, SIGNATURE, "signed");
  await upstream.push(repository, artifact, []);
  const signed = artifact.manifests.get(artifact.tagDigest)?.bytes.length ?? 0;
  const entry = { mediaType: oci.manifest, digest: artifact.tagDigest, size: signed };
  const parts = emptyParts();
  const list = await addManifest(parts, oci.index, {
    schemaVersion: 2,
    mediaType: oci.index,
    manifests: [{ ...entry, artifactType: SIGNATURE }],
  });
  const tag = digest.replace(":", "-");
  await upstream.push(repository, { ...parts, tagDigest: list.digest }, [tag]);
  return { digest: artifact.tagDigest, type: SIGNATURE };
}
