import { blobKey } from "../cache/keys.ts";
import { type Digest, matchesDigest } from "../protocol/digest.ts";
import type { BlobReply } from "../upstream/blob.ts";
import { readUpTo } from "../upstream/body.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";

/** Image configurations and other small blobs; anything larger is only passed through. */
const MAX_KEPT_BYTES = 1024 * 1024;

/**
 * @returns the body to send. A whole small blob is also read here, beside the client, and kept if
 * it has its digest; a large one is returned untouched, so that no byte of it runs through here.
 */
export function keepWhileSending(
  context: Context,
  image: Image,
  digest: Digest,
  { status, body, length }: BlobReply,
): ReadableStream<Uint8Array> | null {
  const isSmall = length !== null && length <= MAX_KEPT_BYTES;
  if (body === null || status !== 200 || !isSmall) return body;
  const [toClient, toCache] = body.tee();
  const key = blobKey(context.space, image.name, digest);
  context.later(keep(context, key, digest, toCache).catch(() => {}));
  return toClient;
}

/** A body that breaks off breaks the client's too; nothing is kept then. */
async function keep(
  { blobs }: Context,
  key: string,
  digest: Digest,
  body: ReadableStream<Uint8Array>,
): Promise<void> {
  const bytes = await readUpTo({ body, headers: new Headers() }, MAX_KEPT_BYTES);
  if (bytes === null || !(await matchesDigest(bytes, digest))) return;
  blobs.write(key, { bytes, mediaType: "application/octet-stream" });
}
