import type { Random } from "../../load/random.ts";
import { buildImage } from "../../support/image.ts";
import type { Subject } from "../images.ts";
import type { Stage } from "../stage.ts";

/** A tag, and all that it has led to, the newest last. */
export interface Tag {
  readonly repository: string;
  readonly tag: string;
  readonly digests: string[];
}

const PLATFORM = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;
const LAYER_BYTES = 100_000;

/** The tags of what the stage has. */
export function tagsOf({ images }: Stage): Tag[] {
  return [...images.small, images.large].map(({ repository, tag, digest }: Subject) => ({
    ...{ repository, tag },
    digests: [digest],
  }));
}

/** Makes a tag lead to a new image, in one format or the other, for one platform or two. */
export async function move({ upstream }: Stage, random: Random, moved: Tag): Promise<void> {
  const { repository, tag, digests } = moved;
  const image = await buildImage({
    platforms: random.happens(0.5) ? [PLATFORM] : ["linux/s390x", PLATFORM],
    mediaTypes: random.happens(0.5) ? "docker" : "oci",
    layers: 1 + random.below(3),
    layerBytes: LAYER_BYTES,
    files: { "etc/version": `${repository} ${digests.length + 1}` },
  });
  await upstream.push(repository, image, [tag]);
  digests.push(image.tagDigest);
}
