import { isPublic } from "../access/visibility.ts";
import type { BlobArchive } from "../cache/blob-archive.ts";
import { publicPartition } from "../cache/keys.ts";
import type { Digest } from "../protocol/digest.ts";
import type { Services } from "../services.ts";
import { getBlob } from "../upstream/blob.ts";
import type { Target } from "./target.ts";

/** The backfills that an isolate has in progress: their start, in milliseconds since 1970, by key. */
export type Backfills = Map<string, number>;

/** Each backfill is a download. Clients of one isolate pull as many layers at a time. */
const MAX_BACKFILLS = 16;
/** The platform may end a backfill silently; after this time it no longer blocks another one. */
const MAX_BACKFILL_MS = 5 * 60 * 1000;

/**
 * Stores a blob that a client is pulling in the archive, by a download of its own, so that the
 * client's is neither slowed nor interrupted. Many clients of one blob cause one backfill.
 *
 * @param size of the blob, in bytes.
 */
export function archiveLater(
  services: Services,
  target: Target,
  digest: Digest,
  size: number,
): void {
  const { platform, backfills, config, report } = services;
  const archive = services.archiveOf(target.registry);
  if (archive === null || size > config.blobMaxBytes) return;
  const startedAt = platform.now();
  for (const [key, start] of backfills) {
    if (startedAt - start > MAX_BACKFILL_MS) backfills.delete(key);
  }
  const key = `${target.registry.url.host} ${digest}`;
  if (backfills.has(key) || backfills.size >= MAX_BACKFILLS) return;
  backfills.set(key, startedAt);
  const backfill = archiveBlob(services, target, archive, digest, size)
    .catch((cause: unknown) => report("blob archive", "backfill", cause))
    .then(() => {
      if (backfills.get(key) === startedAt) backfills.delete(key);
    });
  platform.waitUntil(backfill);
}

/**
 * Records the pull of a stored blob, so that the archive keeps it. A small blob that only a cache
 * has is archived as well, since the cache may lose it at any time.
 *
 * @param cachedBytes null for a blob from the archive.
 */
export async function recordAccess(
  services: Services,
  target: Target,
  digest: Digest,
  cachedBytes: Uint8Array | null,
): Promise<void> {
  const archive = services.archiveOf(target.registry);
  if (archive === null) return;
  if (cachedBytes === null) {
    await archive.recordAccess(digest);
    return;
  }
  const size = cachedBytes.byteLength;
  if (size > services.config.blobMaxBytes) return;
  if (!(await isArchivable(services, target, digest))) return;
  if (await archive.recordAccess(digest)) return;
  await archive.write(digest, new Blob([cachedBytes]).stream(), size);
}

async function archiveBlob(
  services: Services,
  target: Target,
  archive: BlobArchive,
  digest: Digest,
  size: number,
): Promise<void> {
  if (!(await isArchivable(services, target, digest))) return;
  // Another isolate may have been faster, or the archive was too slow before.
  if ((await archive.size(digest)) !== null) return;
  const { body, length } = await getBlob(target.upstream, { name: target.name, digest }, null);
  if (body === null) return;
  if (length === size) return archive.write(digest, body, size);
  await body.cancel();
}

/** Only public blobs are archived. */
async function isArchivable(services: Services, target: Target, digest: Digest): Promise<boolean> {
  const { upstream, partition, requestedName, name } = target;
  if (partition === publicPartition(upstream.url.host)) return true;
  if (upstream.clientToken !== null) return false;
  const route = { kind: "blob", image: { requestedName, host: null, name }, digest } as const;
  return isPublic(services, upstream, target, route);
}
