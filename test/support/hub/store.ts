import type { Image, Manifest } from "../image/parts.ts";
import type { Bytes } from "../sha256.ts";

/** One repository and what was pushed to it. */
export interface Repository {
  readonly tags: Map<string, string>;
  readonly manifests: Map<string, Manifest>;
  readonly blobs: Map<string, Bytes>;
}

/** Repositories by their full name, such as `library/alpine`. */
export type Store = Map<string, Repository>;

/** Adds an image to a repository. A null tag leaves it reachable by digest only. */
export function push(store: Store, name: string, tag: string | null, image: Image): void {
  const repository = store.get(name) ?? { tags: new Map(), manifests: new Map(), blobs: new Map() };
  store.set(name, repository);
  for (const [digest, manifest] of image.manifests) repository.manifests.set(digest, manifest);
  for (const [digest, bytes] of image.blobs) repository.blobs.set(digest, bytes);
  if (tag !== null) repository.tags.set(tag, image.tagDigest);
}
