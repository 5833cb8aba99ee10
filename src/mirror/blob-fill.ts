import type { BlobStore } from "../cache/blob-store.ts";
import { sharedSpace } from "../cache/keys.ts";
import type { Entry } from "../cache/store.ts";
import type { Digest } from "../protocol/digest.ts";
import { getBlob } from "../upstream/blob.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";
import { isPublic } from "./privacy.ts";

/** As many layers as clients of one isolate pull at a time; each fill is a download of its own. */
const MAX_FILLS = 16;
/** The platform ends work without a word; what is older than this does not keep others waiting. */
const MAX_FILL_MS = 5 * 60 * 1000;

/**
 * Keeps a blob that a client is being sent, by a download of its own: the client's is neither
 * slowed nor broken by it, and goes on if it fails. Once for many clients of one blob.
 *
 * @param size of the blob in bytes; null if the upstream did not tell, then it is not kept.
 */
export function fillLater(
  context: Context,
  image: Image,
  digest: Digest,
  size: number | null,
): void {
  const { keeping, later, now, upstream } = context;
  if (keeping === null || size === null || size > keeping.maxBytes) return;
  const { fills } = keeping;
  for (const [key, startedAt] of fills) if (now() - startedAt > MAX_FILL_MS) fills.delete(key);
  const key = `${upstream.url.host} ${digest}`;
  if (fills.has(key) || fills.size >= MAX_FILLS) return;
  const startedAt = now();
  fills.set(key, startedAt);
  const filling = fill(context, keeping.store, image, digest, size).catch((cause: unknown) =>
    keeping.report("blob store", "fill", cause),
  );
  later(filling.then(() => void (fills.get(key) === startedAt && fills.delete(key))));
}

/**
 * Notes that a blob was pulled. A small one that only a cache has is kept as well, since that may
 * forget it any moment.
 *
 * @param cached the blob, if it came from a cache; null if from the store.
 */
export async function noteUse(
  context: Context,
  image: Image,
  digest: Digest,
  cached: Entry | null,
): Promise<void> {
  const { keeping } = context;
  if (keeping === null) return;
  const size = cached?.bytes.byteLength ?? 0;
  if (cached && (size > keeping.maxBytes || !(await isForAll(context, image, digest)))) return;
  if ((await keeping.store.touch(digest)) || cached === null) return;
  await keeping.store.write(digest, new Blob([cached.bytes]).stream(), size);
}

async function fill(
  context: Context,
  store: BlobStore,
  image: Image,
  digest: Digest,
  size: number,
): Promise<void> {
  if (!(await isForAll(context, image, digest))) return;
  // Another isolate may have been faster, or the store too slow to tell before.
  if ((await store.size(digest)) !== null) return;
  const { body, length } = await getBlob(context.upstream, { name: image.name, digest }, null);
  if (body === null) return;
  if (length === size) return store.write(digest, body, size);
  await body.cancel();
}

/** What it takes an account's rights to see is never kept. */
async function isForAll(context: Context, image: Image, digest: Digest): Promise<boolean> {
  const { space, upstream, access } = context;
  if (space === sharedSpace(upstream.url.host)) return true;
  const isOwners = upstream.account !== null && access.privateImages === "allow";
  return isOwners && isPublic(context, image, { kind: "blob", digest });
}
