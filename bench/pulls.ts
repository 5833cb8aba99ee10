import { setTimeout as pause } from "node:timers/promises";
import {
  dockerPull,
  HUGE_LAYER,
  type ImageShape,
  pushNew,
  SMALL_MULTI,
  SMALL_SINGLE,
  type Subject,
  TYPICAL_MULTI,
  TYPICAL_SINGLE,
} from "./client.ts";
import { type Figures, rotate } from "./figures.ts";
import type { Mirror } from "./mirrors.ts";
import type { Distance } from "./options.ts";

export const SERVED = "Requests of a pull to the mirror";
export const REQUESTS = "Upstream requests per pull";
export const METADATA = "Upstream requests before the first blob";
export const QUOTA = "Docker Hub quota per pull";
export const KV_READS = "KV reads per pull";
export const KV_WRITES = "KV writes per pull";
export const R2_READS = "R2 reads per pull (class B)";
export const R2_WRITES = "R2 writes per pull (class A)";
export const HUNDRED = "A hundred pulls of one image";
export const LINE_SECTION =
  "Duration of a pull, layer of 50 MB over a line of 100 Mbit/s, upstream 50 ms away";

/** Longer than TAG_TTL_SECONDS, 60 by default. */
const TAG_WINDOW_MS = 61_000;
/** Longer than the lifetime of the stand-in's tokens. */
const HOUR_MS = 3_600_000;
const LINE_BYTES_PER_SECOND = 100_000_000 / 8;
/** Near pulls take a few milliseconds: they vary more, and more rounds cost little. */
const NEAR_MS = 10;
const NEAR_FACTOR = 3;

/**
 * Counts the cost of single pulls. Each finds the mirror in the state that the previous one left.
 * Those that need to set the mirror's clock are left out if it has none.
 */
export async function countPulls(mirror: Mirror, figures: Figures): Promise<void> {
  const { near, far, advance } = mirror;
  const first = await pushNew([mirror], TYPICAL_SINGLE);
  const single = await pushNew([mirror], TYPICAL_SINGLE);
  const multi = await pushNew([mirror], TYPICAL_MULTI);
  const count = (name: string, subject: Subject, endpoint = near) =>
    countPull(mirror, endpoint, subject, name, figures);
  // A mirror that runs elsewhere may have served pulls before.
  if (advance !== null) await count("first ever, single-arch", first);
  await count("cold, single-arch", single);
  await count("cold, multi-arch", multi);
  await count("warm", multi);
  if (far !== null) await count("warm, another data centre", multi, far);
  if (advance === null) return;
  await advance(TAG_WINDOW_MS);
  await count("after the tag window", multi);
  await advance(HOUR_MS);
  await count("an hour later", multi);
  await advance(TAG_WINDOW_MS);
  await pushNew([mirror], TYPICAL_MULTI, multi.repository);
  await count("tag moved", multi);
}

async function countPull(
  mirror: Mirror,
  { origin, settle }: Mirror["near"],
  subject: Subject,
  name: string,
  figures: Figures,
): Promise<void> {
  const { hub } = mirror.upstream;
  const before = await settle();
  hub.reset();
  let metadata = 0;
  await dockerPull(origin, subject, () => {
    metadata = hub.count();
  });
  const after = await settle();
  figures.add({ section: REQUESTS, name, unit: "requests" }, mirror.name, hub.count());
  figures.add({ section: METADATA, name, unit: "requests" }, mirror.name, metadata);
  figures.add({ section: QUOTA, name, unit: "pulls" }, mirror.name, hub.pulls());
  if (before === null || after === null) return;
  const served = after.requests - before.requests;
  figures.add({ section: SERVED, name, unit: "requests" }, mirror.name, served);
  const operations = {
    [KV_READS]: after.kvReads - before.kvReads,
    [KV_WRITES]: after.kvWrites - before.kvWrites,
    [R2_READS]: after.r2Reads - before.r2Reads,
    [R2_WRITES]: after.r2Writes - before.r2Writes,
  };
  for (const [section, value] of Object.entries(operations)) {
    figures.add({ section, name, unit: "operations" }, mirror.name, value);
  }
}

/** Counts the cost of a hundred pulls, each after the tag window if the clock can be set. */
export async function countHundred(mirror: Mirror, figures: Figures): Promise<void> {
  const { name, near, upstream, advance } = mirror;
  const shapes = { "single-arch": SMALL_SINGLE, "multi-arch": SMALL_MULTI };
  for (const [kind, shape] of Object.entries(shapes)) {
    const subject = await pushNew([mirror], shape);
    const before = await near.settle();
    upstream.hub.reset();
    for (let pulls = 0; pulls < 100; pulls += 1) {
      await dockerPull(near.origin, subject);
      await advance?.(TAG_WINDOW_MS);
    }
    const after = await near.settle();
    const quota = { section: HUNDRED, name: `${kind}, quota`, unit: "pulls" } as const;
    figures.add(quota, name, upstream.hub.pulls());
    const writes = { section: HUNDRED, name: `${kind}, KV writes`, unit: "operations" } as const;
    figures.add(writes, name, before && after && after.kvWrites - before.kvWrites);
  }
}

/** @returns the section of pulls over this distance; three latencies if the hosts differ. */
export function durationSection({ latency, storeLatencyMs }: Distance): string {
  const { registry, auth, storage } = latency;
  const isSame = registry === auth && auth === storage;
  const ms = isSame ? registry : `${registry}/${auth}/${storage}`;
  const stores = storeLatencyMs === 0 ? "" : `, KV and R2 ${storeLatencyMs} ms`;
  return `Duration of a pull, upstream ${ms} ms away${stores}`;
}

/** Pulls that are timed under the same conditions. */
interface TimedPulls {
  readonly section: string;
  readonly distance: Distance;
  readonly shape: ImageShape;
  /** The bandwidth of the client's line. */
  readonly bytesPerSecond: number;
  readonly rounds: number;
}

/** Times pulls over this distance, in rounds in which the mirrors take turns. */
export function timePulls(
  mirrors: readonly Mirror[],
  distance: Distance,
  rounds: number,
  figures: Figures,
): Promise<void> {
  const isNear = Math.max(...Object.values(distance.latency)) < NEAR_MS;
  const pulls = {
    ...{ section: durationSection(distance), distance, shape: TYPICAL_MULTI },
    ...{ bytesPerSecond: Number.POSITIVE_INFINITY, rounds: isNear ? NEAR_FACTOR * rounds : rounds },
  };
  return timeRounds(mirrors, pulls, figures);
}

/** Times pulls of a large layer over a client's line that takes most of the time. */
export function timeOverLine(
  mirrors: readonly Mirror[],
  rounds: number,
  figures: Figures,
): Promise<void> {
  const latency = { registry: 50, auth: 50, storage: 50 };
  const pulls = {
    ...{ section: LINE_SECTION, distance: { latency, storeLatencyMs: 0 }, shape: HUGE_LAYER },
    ...{ bytesPerSecond: LINE_BYTES_PER_SECOND, rounds },
  };
  return timeRounds(mirrors, pulls, figures);
}

async function timeRounds(
  mirrors: readonly Mirror[],
  { section, distance, shape, bytesPerSecond, rounds }: TimedPulls,
  figures: Figures,
): Promise<void> {
  const { latency, storeLatencyMs } = distance;
  for (const { upstream, delayStores } of mirrors) {
    await delayStores?.(storeLatencyMs);
    upstream.hub.intercept(async ({ host }) => {
      if (latency[host] > 0) await pause(latency[host]);
      return undefined;
    });
  }
  for (let round = 0; round < rounds; round += 1) {
    const subject = await pushNew(mirrors, shape);
    for (const { name, near, advance } of rotate(mirrors, round)) {
      const time = async (state: string) => {
        const times = await dockerPull(near.origin, subject, undefined, bytesPerSecond);
        const { metadataMs, wholeMs } = times;
        figures.add({ section, name: `${state}, manifests`, unit: "ms" }, name, metadataMs);
        figures.add({ section, name: `${state}, whole pull`, unit: "ms" }, name, wholeMs);
        await near.settle();
      };
      await time("cold");
      await time("warm");
      await advance?.(TAG_WINDOW_MS);
      if (advance !== null) await time("after the tag window");
    }
  }
  for (const { upstream, delayStores } of mirrors) {
    upstream.hub.reset();
    await delayStores?.(0);
  }
}
