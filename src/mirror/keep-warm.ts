import { parsePointerKey, pointerPrefix, type TagIdentity } from "../cache/keys.ts";
import type { Pointer } from "../cache/pointer-record.ts";
import type { Descriptor } from "../protocol/descriptor.ts";
import type { Digest } from "../protocol/digest.ts";
import { RegistryError } from "../protocol/errors.ts";
import { readIndex } from "../protocol/image-index.ts";
import { discard } from "../upstream/body.ts";
import { headManifest } from "../upstream/manifest.ts";
import { isLow } from "../upstream/quota.ts";
import { authorize } from "./authorize.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";
import { checkImage } from "./image-rules.ts";
import { cachedManifest, obtainManifest } from "./obtain.ts";
import { hourOf, inTurn, turnOf } from "./turn.ts";

/** What was done, for the log. */
export interface WarmReport {
  readonly checked: number;
  readonly moved: number;
  readonly failed: number;
}

/** A tag that clients pulled lately, and where it is cached. */
interface RecentTag extends TagIdentity {
  readonly key: string;
  /** When a client's pull last wrote it: milliseconds since 1970. */
  readonly keptAt: number;
}

/** A pointer that clients go on using is written again within a week. */
const RECENT_MS = 8 * 24 * 60 * 60 * 1000;
const MAX_TAGS = 200;
/** The free plan has 50 for each run of the Worker. */
const MAX_UPSTREAM_REQUESTS = 40;

/**
 * Asks by HEAD, which costs no pull, what the tags lead to that clients pulled lately, and fetches
 * the manifests of those that have moved. With many tags, each hour's run takes others.
 *
 * @param lifeMs what a pointer in KV lives: tells its age from when it ends.
 */
export async function keepWarm(context: Context, lifeMs: number): Promise<WarmReport> {
  const report = { checked: 0, moved: 0, failed: 0 };
  const tags = await recentTags(context, lifeMs);
  const turn = turnOf(hourOf(context.now()), context.registries.all.length);
  for (const tag of inTurn(tags, turn, MAX_UPSTREAM_REQUESTS / 2)) {
    if (isSpent(context)) break;
    try {
      const hasMoved = await refresh(context, tag);
      report.checked += 1;
      if (hasMoved) report.moved += 1;
    } catch (error) {
      report.failed += 1;
      if (error instanceof RegistryError && error.code === "TOOMANYREQUESTS") break;
    }
  }
  return report;
}

async function recentTags(
  { kv, space, now }: Context,
  lifeMs: number,
): Promise<readonly RecentTag[]> {
  const tags: RecentTag[] = [];
  for (const { key, expiresAt } of await kv.list(pointerPrefix(space))) {
    const identity = parsePointerKey(space, key);
    const keptAt = expiresAt * 1000 - lifeMs;
    if (identity && now() - keptAt < RECENT_MS) tags.push({ ...identity, key, keptAt });
  }
  return tags.sort((a, b) => b.keptAt - a.keptAt).slice(0, MAX_TAGS);
}

/** @returns whether the tag has moved. */
async function refresh(context: Context, { key, name, tag, accepted }: RecentTag) {
  const known = await context.pointers.read(key);
  // Forgotten since it was listed, not to be read, or listed by the age of another STALE_TTL_SECONDS.
  if (known === null || context.now() - known.keptAt > RECENT_MS) return false;
  const image = { registry: context.registry, asked: name, name, namespace: null };
  const reference = { kind: "tag", tag } as const;
  checkImage(context.access, image, reference);
  const route = { kind: "manifest", image: { asked: name, host: null, name }, reference } as const;
  await authorize(context, image, route, null);
  const descriptor = await headManifest(context.upstream, { name, reference, accepted });
  if (descriptor === null) return false;
  if (known.digest === descriptor.digest) {
    context.pointers.confirm(key, known);
    return false;
  }
  await fetchMoved(context, image, known, descriptor);
  context.pointers.move(key, descriptor, known);
  return true;
}

/** Fetches the new manifest and, of an index, the images that were pulled of the old one. */
async function fetchMoved(
  context: Context,
  image: Image,
  from: Pointer,
  to: Descriptor,
): Promise<void> {
  if (isLow(context.upstream.quota, context.now())) throw quotaLow(image);
  const manifest = await obtainManifest(context, image, to.digest);
  if (!("bytes" in manifest)) return discard(manifest);
  const wanted = await pulledPlatforms(context, image, from.digest);
  for (const { digest, platform } of readIndex(manifest.bytes)) {
    if (wanted.has(platform) && !isSpent(context)) await obtainManifest(context, image, digest);
  }
}

async function pulledPlatforms(
  context: Context,
  image: Image,
  digest: Digest,
): Promise<ReadonlySet<string>> {
  const platforms = new Set<string>();
  const index = await cachedManifest(context, image, digest);
  for (const entry of index === null ? [] : readIndex(index.bytes)) {
    if (await cachedManifest(context, image, entry.digest)) platforms.add(entry.platform);
  }
  return platforms;
}

function isSpent({ trace }: Context): boolean {
  return trace.upstreamRequests >= MAX_UPSTREAM_REQUESTS;
}

function quotaLow(image: Image): RegistryError {
  return new RegistryError("TOOMANYREQUESTS", `${image.name}: few pulls are left for clients`);
}
