import { createImage } from "../../bench/client/image.ts";
import type { Hub } from "../support/hub.ts";
import type { Image } from "../support/image.ts";

/** What a tag has led to. */
export interface Version {
  readonly digest: string;
  /** When it was pushed, on the machine's clock. */
  readonly since: number;
  /** How many manifests a pull of it fetches: one, or an index and one. */
  readonly manifests: number;
  readonly blobs: number;
}

/** A tag that clients pull, and all that it has led to, the newest last. */
export interface Subject {
  readonly repository: string;
  readonly tag: string;
  readonly versions: Version[];
}

/** What is at the upstream. */
export interface World {
  readonly subjects: readonly Subject[];
  /** Makes the tag lead to a new image. */
  move(subject: Subject): Promise<void>;
}

const PLATFORM = "linux/amd64";
/** The largest blob that the mirror keeps in memory or at the edge. */
export const CACHED_BYTES = 1024 * 1024;
const LARGE_BYTES = CACHED_BYTES + 1;
const SMALL_LAYERS = [60_000, 20_000, 1_000];
/** Every third image has a large layer, every other one an index. */
const LARGE_EACH = 3;
const INDEX_EACH = 2;

/** Pushes so many images. */
export async function createWorld(hub: Hub, count: number): Promise<World> {
  const subjects = Array.from({ length: count }, (_, index) => ({
    repository: `library/load-${index}`,
    tag: "1.0",
    versions: [],
  }));
  const push = async (subject: Subject) => {
    const image = await createImage(shapeOf(subjects.indexOf(subject as never)));
    hub.push(subject.repository, subject.tag, image);
    subject.versions.push(describe(image));
  };
  for (const subject of subjects) await push(subject);
  return { subjects, move: push };
}

function shapeOf(index: number) {
  const layers = index % LARGE_EACH === 0 ? [LARGE_BYTES, ...SMALL_LAYERS] : SMALL_LAYERS;
  const platforms = index % INDEX_EACH === 0 ? [PLATFORM, "linux/arm64"] : [PLATFORM];
  return { layers, platforms };
}

function describe({ tagDigest: digest, platforms, blobs }: Image): Version {
  return { digest, since: Date.now(), manifests: platforms.size > 1 ? 2 : 1, blobs: blobs.size };
}
