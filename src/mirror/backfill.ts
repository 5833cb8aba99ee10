import { isPublic } from "../access/visibility.ts";
import type { BlobArchive } from "../cache/blob-archive.ts";
import { publicPartition } from "../cache/keys.ts";
import { describeCause } from "../platform/log.ts";
import type { Digest } from "../protocol/digest.ts";
import { digestLabel } from "../protocol/reference.ts";
import type { Services } from "../services.ts";
import { getBlob } from "../upstream/blob.ts";
import { askInOrder } from "../upstream/in-order.ts";
import { createUsage, type Upstream } from "../upstream/upstream.ts";
import type { Target } from "./target.ts";

/** Each backfill is a download. Clients of one isolate pull as many layers at a time. */
const MAX_BACKFILLS = 16;
/** The platform may end a backfill silently; after this time it no longer blocks others. */
const MAX_BLOCKING_MS = 5 * 60 * 1000;

/**
 * Stores a blob that a client is pulling in the archive, by a download of its own, so that the
 * client's is neither slowed nor interrupted. Many clients of one blob cause one backfill. A failure
 * is logged, and the next pull tries again.
 *
 * @param size of the blob, in bytes.
 * @returns a function to cancel it; null if the blob is not to be stored, or another backfill stores
 * it.
 */
export function startBackfill(
  services: Services,
  target: Target,
  digest: Digest,
  size: number,
): (() => void) | null {
  const { platform, backfills } = services;
  const archive = services.archiveOf(target.registry);
  if (archive === null || size > archive.maxBytes) return null;
  for (const [key, startedAt] of backfills) {
    if (platform.now() - startedAt > MAX_BLOCKING_MS) backfills.delete(key);
  }
  const key = `${target.registry.id} ${digest}`;
  if (backfills.has(key) || backfills.size >= MAX_BACKFILLS) return null;
  backfills.set(key, platform.now());
  const controller = new AbortController();
  const work = archiveBlob(services, target, archive, digest, size, controller.signal)
    .catch((cause: unknown) => {
      const image = digestLabel(target.name, digest);
      const reason = describeCause(cause);
      platform.log("backfill failed", { registry: target.registry.name, image, size, reason });
    })
    .finally(() => backfills.delete(key));
  platform.waitUntil(work);
  return () => controller.abort(new Error("the client disconnected"));
}

/** Only public blobs are archived. @param upstream that sent the blob. */
export async function isArchivable(
  services: Services,
  target: Target,
  upstream: Upstream,
  digest: Digest,
): Promise<boolean> {
  const { registry, partition, requestedName, name } = target;
  if (partition === publicPartition(registry.id)) return true;
  if (upstream.clientToken !== null) return false;
  const route = { kind: "blob", image: { requestedName, host: null, name }, digest } as const;
  return isPublic(services, upstream, target, route);
}

async function archiveBlob(
  services: Services,
  target: Target,
  archive: BlobArchive,
  digest: Digest,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  const usage = createUsage();
  const [{ singleFlight }] = services.upstreamsOf(target.registry, usage);
  const own = { usage, singleFlight };
  const [first, ...others] = target.upstreams.map((upstream) => ({ ...upstream, ...own }));
  const download = await askInOrder(
    { ...target, upstreams: [first as Upstream, ...others] },
    async (upstream) => {
      if (!(await isArchivable(services, target, upstream, digest))) return null;
      // Another isolate may have been faster, or the archive was too slow before.
      if ((await archive.size(digest)) !== null) return null;
      return getBlob(upstream, { name: target.name, digest }, null);
    },
  );
  const { body = null, length = null } = download.value ?? {};
  if (body === null) return;
  if (length !== size || signal.aborted) {
    await body.cancel();
    signal.throwIfAborted();
    throw new Error(`the upstream sends ${length} instead of ${size} bytes`);
  }
  await archive.write(digest, body, size, signal);
}
