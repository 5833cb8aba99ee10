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

/** The download of a blob into the archive. */
export interface Backfill {
  cancel(): void;
}

/** Each backfill is a download. Clients of one isolate pull as many layers at a time. */
const MAX_BACKFILLS = 16;
const HEARTBEAT_MS = 10_000;
/** The platform may end a backfill silently; without a heartbeat it no longer blocks others. */
const MAX_SILENCE_MS = 3 * HEARTBEAT_MS;

/**
 * Stores a blob that a client is pulling in the archive, by a download of its own, so that the
 * client's is neither slowed nor interrupted. Many clients of one blob cause one backfill. A failure
 * is logged, and the next pull tries again.
 *
 * @param size of the blob, in bytes.
 * @returns null if the blob is not to be stored, or another backfill stores it.
 */
export function startBackfill(
  services: Services,
  target: Target,
  digest: Digest,
  size: number,
): Backfill | null {
  const { platform, backfills } = services;
  const archive = services.archiveOf(target.registry);
  if (archive === null || size > archive.maxBytes) return null;
  for (const [key, seenAt] of backfills) {
    if (platform.now() - seenAt > MAX_SILENCE_MS) backfills.delete(key);
  }
  const key = `${target.registry.id} ${digest}`;
  if (backfills.has(key) || backfills.size >= MAX_BACKFILLS) return null;
  const controller = new AbortController();
  const stopHeartbeat = startHeartbeat(services, key);
  const work = archiveBlob(services, target, archive, digest, size, controller.signal)
    .catch((cause: unknown) => {
      const image = digestLabel(target.name, digest);
      const reason = describeCause(cause);
      platform.log("backfill failed", { registry: target.registry.name, image, size, reason });
    })
    .finally(() => {
      stopHeartbeat();
      backfills.delete(key);
    });
  platform.waitUntil(work);
  return { cancel: () => controller.abort(new Error("the client disconnected")) };
}

/**
 * Records the pull of a stored blob, so that the archive keeps it. A blob that is only in memory is
 * archived as well.
 *
 * @param heldBytes null for a blob from the archive.
 */
export async function recordAccess(
  services: Services,
  target: Target,
  digest: Digest,
  heldBytes: Uint8Array | null,
): Promise<void> {
  const archive = services.archiveOf(target.registry);
  if (archive === null) return;
  if (heldBytes === null) {
    await archive.recordAccess(digest);
    return;
  }
  const size = heldBytes.byteLength;
  if (size > archive.maxBytes) return;
  // Any of the upstreams may have sent it.
  for (const upstream of target.upstreams) {
    if (!(await isArchivable(services, target, upstream, digest))) return;
  }
  if (await archive.recordAccess(digest)) return;
  await archive.write(digest, new Blob([heldBytes]).stream(), size);
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

/** Timers end with their invocation, and so does the heartbeat. @returns a function to stop it. */
function startHeartbeat({ platform, backfills }: Services, key: string): () => void {
  let stopTimer = () => {};
  const beat = () => {
    backfills.set(key, platform.now());
    stopTimer = platform.startTimer(HEARTBEAT_MS, beat);
  };
  beat();
  return () => stopTimer();
}
