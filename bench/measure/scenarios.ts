import { dockerPull } from "../client/docker-pull.ts";
import { TYPICAL_MULTI, TYPICAL_SINGLE } from "../client/image.ts";
import { move, pushNew, type Subject } from "../client/subject.ts";
import type { Mirror, Outlet, StoreCounts } from "../mirrors/mirror.ts";

/** What one pull costs. Nothing here depends on how fast the machine is. */
export interface PullCounts {
  /** Requests to any of the upstream's hosts, from the first to the last byte of the pull. */
  readonly upstream: number;
  /** Those made before the client had its manifests. */
  readonly metadata: number;
  readonly quota: number;
  /** Null where nobody counts. */
  readonly stores: StoreCounts | null;
}

/** The pulls that are counted. Each finds the mirror as the ones before have left it. */
export const SCENARIOS = [
  "first ever, single-arch",
  "cold, single-arch",
  "cold, multi-arch",
  "warm",
  "warm, another data centre",
  "after the tag window",
  "an hour later",
  "tag moved",
] as const;

export type Scenario = (typeof SCENARIOS)[number];

/** Just over what a tag is trusted for. */
export const TAG_WINDOW_MS = 61_000;
/** Longer than any token of the stand-in lives. */
const HOUR_MS = 3_600_000;

/** Counts every scenario of one mirror. Those that need its clock are absent if it has none. */
export async function countScenarios(
  mirror: Mirror,
): Promise<Partial<Record<Scenario, PullCounts>>> {
  const { near, far, letPass } = mirror;
  const first = await pushNew([mirror], TYPICAL_SINGLE);
  const single = await pushNew([mirror], TYPICAL_SINGLE);
  const multi = await pushNew([mirror], TYPICAL_MULTI);
  const soon = {
    ...(letPass && { "first ever, single-arch": await countPull(mirror, near, first) }),
    "cold, single-arch": await countPull(mirror, near, single),
    "cold, multi-arch": await countPull(mirror, near, multi),
    warm: await countPull(mirror, near, multi),
    ...(far && { "warm, another data centre": await countPull(mirror, far, multi) }),
  };
  if (letPass === null) return soon;
  await letPass(TAG_WINDOW_MS);
  const afterWindow = await countPull(mirror, near, multi);
  await letPass(HOUR_MS);
  const hourLater = await countPull(mirror, near, multi);
  await letPass(TAG_WINDOW_MS);
  await move([mirror], multi, TYPICAL_MULTI);
  const moved = await countPull(mirror, near, multi);
  return {
    ...soon,
    "after the tag window": afterWindow,
    "an hour later": hourLater,
    "tag moved": moved,
  };
}

async function countPull(
  { upstream: { hub } }: Mirror,
  { origin, settle }: Outlet,
  subject: Subject,
): Promise<PullCounts> {
  const before = await settle();
  hub.reset();
  let metadata = 0;
  await dockerPull(origin, subject, () => {
    metadata = hub.count();
  });
  const after = await settle();
  return {
    ...{ upstream: hub.count(), metadata, quota: hub.pulls() },
    stores: before && after && difference(after, before),
  };
}

function difference(after: StoreCounts, before: StoreCounts): StoreCounts {
  return {
    kvReads: after.kvReads - before.kvReads,
    kvWrites: after.kvWrites - before.kvWrites,
    r2Reads: after.r2Reads - before.r2Reads,
    r2Writes: after.r2Writes - before.r2Writes,
  };
}
