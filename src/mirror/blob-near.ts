import type { BlobSpan } from "../cache/blob-store.ts";
import { blobKey } from "../cache/keys.ts";
import type { Entry } from "../cache/store.ts";
import type { Digest } from "../protocol/digest.ts";
import { noteUse } from "./blob-fill.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";
import type { Body } from "./respond.ts";

/** A blob at hand: the upstream need not be asked. */
export interface NearBlob {
  /** Bytes. */
  readonly size: number;
  /** @returns the bytes of a part; null if they are not at hand after all. */
  open(span: BlobSpan): Promise<Body>;
}

/**
 * Looks for a blob where it costs nothing to have it: a small one in memory and at the edge, any
 * in the blob store. What is found is noted as pulled.
 *
 * @param isWhole whether all of it will be read, so that it can be opened at once.
 * @returns null if it is nowhere.
 */
export async function findNear(
  context: Context,
  image: Image,
  digest: Digest,
  isWhole: boolean,
): Promise<NearBlob | null> {
  const { blobs, later } = context;
  const cached = await blobs.read(blobKey(context.space, image.name, digest), digest);
  const near = cached === null ? await findKept(context, digest, isWhole) : small(cached);
  if (near !== null) later(noteUse(context, image, digest, cached).catch(() => {}));
  return near;
}

function small({ bytes }: Entry): NearBlob {
  return {
    size: bytes.byteLength,
    open: async ({ first, length }) => bytes.subarray(first, first + length),
  };
}

async function findKept(
  { keeping }: Context,
  digest: Digest,
  isWhole: boolean,
): Promise<NearBlob | null> {
  if (keeping === null) return null;
  const { store } = keeping;
  if (isWhole) {
    const kept = await store.read(digest, null);
    return kept && { size: kept.size, open: async () => kept.body };
  }
  const size = await store.size(digest);
  if (size === null) return null;
  return { size, open: async (span) => (await store.read(digest, span))?.body ?? null };
}
