import { tagKey } from "../cache/keys.ts";
import type { TagRecord } from "../cache/tags.ts";
import { type CacheStatus, HIT, MISS } from "../protocol/cache-status.ts";
import { type Descriptor, descriptorOf } from "../protocol/descriptor.ts";
import { RegistryError } from "../protocol/errors.ts";
import { type AcceptClass, commonTypes } from "../protocol/media-type.ts";
import type { Tag } from "../protocol/reference.ts";
import type { Services } from "../services.ts";
import { readTokenAhead } from "../upstream/auth/credentials.ts";
import { askInOrder } from "../upstream/in-order.ts";
import { headManifest } from "../upstream/manifest.ts";
import { cachedManifest, keepManifest, loadManifest } from "./manifest-loader.ts";
import { mayAnswerStale } from "./staleness.ts";
import type { Target } from "./target.ts";

/** The manifest of a tag. */
export interface ResolvedTag {
  /** The key of the tag's record. */
  readonly key: string;
  readonly descriptor: Descriptor;
  readonly cacheStatus: CacheStatus;
  /** Why a stale manifest is used, or null. */
  readonly warning: string | null;
}

/**
 * Resolves a tag: by its record if that is fresh, else by a HEAD upstream, else, while the upstream
 * fails, by its last record. For a moment after a failed check, requests do not wait: one at a time
 * checks again in the background. After that they wait for less than a second.
 *
 * @throws RegistryError as `headManifest`, if no record can be used.
 */
export async function resolveTag(
  services: Services,
  target: Target,
  tag: Tag,
  accepted: AcceptClass,
): Promise<ResolvedTag> {
  const { tags, failedChecks, negative, config } = services;
  const key = tagKey(target.partition, target.name, tag, accepted);
  // The last manifest of a deleted tag may be kept.
  if (!config.keepsDeleted) negative.throwIfMissing(headKey(key));
  const held = tags.peek(key);
  if (held !== null && tags.isFresh(held)) return useAgain(services, key, held);
  const check = () => checkTag(services, target, tag, accepted, key);
  const checking = target
    .singleFlight(key, check)
    .then(({ value, isCollapsed }) =>
      isCollapsed ? { ...value, cacheStatus: { ...value.cacheStatus, isCollapsed } } : value,
    );
  if (held === null || !tags.isUsableWhenStale(held)) return checking;
  return failedChecks.answer(key, checking, (warning) => ({
    // Meanwhile the check may have found a newer record in the edge cache.
    ...resolved(key, tags.peek(key) ?? held, { ...HIT, isStale: true }),
    warning,
  }));
}

/**
 * Resolves a tag by its last record, without an upstream request.
 *
 * @throws RegistryError UNAVAILABLE 504 if there is none.
 */
export async function readTag(
  { tags }: Services,
  { partition, name }: Target,
  tag: Tag,
  accepted: AcceptClass,
): Promise<ResolvedTag> {
  const key = tagKey(partition, name, tag, accepted);
  const record = await tags.read(key);
  if (record === null || !tags.isUsableWhenStale(record)) throw notCached();
  return resolved(key, record, HIT);
}

/** @returns the error for a client that accepts cached manifests only. */
export function notCached(): RegistryError {
  const message = "not in the caches of this mirror, and the request is only-if-cached";
  return new RegistryError("UNAVAILABLE", message, { status: 504 });
}

/** @returns whether the upstream reports that the manifest does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof RegistryError && error.code === "MANIFEST_UNKNOWN";
}

async function checkTag(
  services: Services,
  target: Target,
  tag: Tag,
  accepted: AcceptClass,
  key: string,
): Promise<ResolvedTag> {
  const { tags, failedChecks, negative, platform } = services;
  // KV may be far away, so both are read at once.
  const [known] = await Promise.all([
    tags.read(key),
    readTokenAhead(target.upstreams[0], target.name).catch(() => {}),
  ]);
  if (known !== null && tags.isFresh(known)) return useAgain(services, key, known);
  const { usage } = target.upstreams[0];
  const requestsBefore = usage.requests;
  try {
    const request = { name: target.name, reference: { kind: "tag", tag }, accepted } as const;
    const delivery = await negative.guard(headKey(key), "limits and missing", () =>
      askInOrder(target, (upstream) => headManifest(upstream, request)),
    );
    const latest = delivery.value;
    const isFallback = delivery.upstream !== target.upstreams[0];
    if ("bytes" in latest) keepManifest(services, target, latest);
    if (known !== null) await loadMovedManifest(services, target, known, latest);
    const record = tags.write(key, latest, known, isFallback);
    failedChecks.remove(key);
    // A first HEAD alone may be for a made-up name.
    if (known !== null || !target.client.isHead) tags.persist(key, record, known === null);
    return resolved(key, record, known === null ? MISS : { ...MISS, forwarded: "stale" });
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const isKept = isMissing(error) && services.config.keepsDeleted;
    if (known !== null && isMissing(error) && !isKept) tags.remove(key);
    if (!error.isTransient && !error.isRejection && !isKept) throw error;
    const last = known
      ? await tags.latest(key, known)
      : await readOfCommonTypes(services, target, tag, accepted);
    if (last === null) throw error;
    const ageMs = platform.now() - last.checkedAt;
    const isUsable = isKept || mayAnswerStale(error, target, ageMs);
    if (!isUsable || !tags.isUsableWhenStale(last)) throw error;
    failedChecks.record(key, error.message);
    // A remembered refusal or an open circuit costs no request.
    const forwarded = usage.requests > requestsBefore ? "stale" : null;
    const cacheStatus = { ...HIT, forwarded, isStale: true } as const;
    return { ...resolved(key, last, cacheStatus), warning: error.message };
  }
}

/**
 * KV has few sets of types for each tag. A client that accepts further types also accepts what the
 * common ones gave.
 */
async function readOfCommonTypes(
  { tags }: Services,
  { partition, name }: Target,
  tag: Tag,
  accepted: AcceptClass,
): Promise<TagRecord | null> {
  const common = commonTypes(accepted);
  return common === accepted ? null : tags.read(tagKey(partition, name, tag, common));
}

/**
 * A tag that has moved is announced once its new manifest is available, so that a client which can
 * have the old one is not left with neither.
 */
async function loadMovedManifest(
  services: Services,
  target: Target,
  known: TagRecord,
  latest: Descriptor,
): Promise<void> {
  if (known.digest === latest.digest) return;
  if ((await cachedManifest(services, target, known.digest)) === null) return;
  await loadManifest(services, target, latest.digest);
}

/** A second use shows that the tag is really pulled. */
function useAgain({ tags }: Services, key: string, record: TagRecord): ResolvedTag {
  tags.persist(key, record, false);
  return resolved(key, record, HIT);
}

function resolved(key: string, record: TagRecord, status: CacheStatus): ResolvedTag {
  const cacheStatus = { ...status, isFallback: record.isFallback };
  return { key, descriptor: descriptorOf(record), cacheStatus, warning: null };
}

function headKey(key: string): string {
  return `HEAD ${key}`;
}
