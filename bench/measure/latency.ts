import { setTimeout as pause } from "node:timers/promises";
import type { Host } from "../../test/support/hub.ts";
import { dockerPull, type PullTimes } from "../client/docker-pull.ts";
import { TYPICAL_MULTI } from "../client/image.ts";
import { pushNew, type Subject } from "../client/subject.ts";
import { type Figure, figureOfSamples } from "../figure.ts";
import type { Mirror } from "../mirrors/mirror.ts";
import { rotate } from "./rounds.ts";
import { TAG_WINDOW_MS } from "./scenarios.ts";

/** Milliseconds from a request to the first byte of its answer, for each of the upstream's hosts. */
export type Latency = Readonly<Record<Host, number>>;

/** How far away everything is that a mirror asks. */
export interface Distance {
  readonly latency: Latency;
  /** What each read of KV or R2 takes longer, in milliseconds. */
  readonly storeLatencyMs: number;
}

const TEMPERATURES = ["cold", "warm", "after the tag window"] as const;
const PHASES = { metadataMs: "manifests", wholeMs: "whole pull" } as const;

/** What takes no time can be done more often, and needs it: a few milliseconds vary. */
const NEAR_MS = 10;
const NEAR_FACTOR = 3;

type Temperature = (typeof TEMPERATURES)[number];
type Samples = Record<string, Record<Temperature, PullTimes[]>>;

/** Times pulls over such a distance, in rounds in which the mirrors take turns. */
export async function measureLatency(
  mirrors: readonly Mirror[],
  distance: Distance,
  rounds: number,
): Promise<Figure[]> {
  const { latency } = distance;
  const samples: Samples = {};
  for (const { name } of mirrors) {
    samples[name] = { cold: [], warm: [], "after the tag window": [] };
  }
  for (const mirror of mirrors) await moveAway(mirror, distance);
  const isNear = Math.max(...Object.values(latency)) < NEAR_MS;
  for (let round = 0; round < (isNear ? NEAR_FACTOR * rounds : rounds); round += 1) {
    const subject = await pushNew(mirrors, TYPICAL_MULTI);
    for (const mirror of rotate(mirrors, round)) await timePulls(mirror, subject, samples);
  }
  for (const { upstream, slowStores } of mirrors) {
    upstream.hub.reset();
    await slowStores?.(0);
  }
  return figuresOf(samples, `Wall time of a pull, ${describeDistance(distance)}`);
}

/** @returns such as `upstream 50 ms away`, or `50/20/200 ms` for registry, tokens and storage. */
export function describeDistance({ latency, storeLatencyMs }: Distance): string {
  const { registry, auth, storage } = latency;
  const isSame = registry === auth && auth === storage;
  const upstream = `upstream ${isSame ? registry : `${registry}/${auth}/${storage}`} ms away`;
  return storeLatencyMs === 0 ? upstream : `${upstream}, KV and R2 ${storeLatencyMs} ms`;
}

async function moveAway(
  { upstream, slowStores }: Mirror,
  { latency, storeLatencyMs }: Distance,
): Promise<void> {
  await slowStores?.(storeLatencyMs);
  upstream.hub.intercept(async ({ host }) => {
    if (latency[host] > 0) await pause(latency[host]);
    return undefined;
  });
}

async function timePulls(mirror: Mirror, subject: Subject, samples: Samples): Promise<void> {
  const { name, near, letPass } = mirror;
  const times = samples[name];
  times?.cold.push(await dockerPull(near.origin, subject));
  await near.settle();
  times?.warm.push(await dockerPull(near.origin, subject));
  if (letPass === null) return;
  await letPass(TAG_WINDOW_MS);
  times?.["after the tag window"].push(await dockerPull(near.origin, subject));
  await near.settle();
}

function figuresOf(samples: Samples, section: string): Figure[] {
  return Object.entries(PHASES).flatMap(([phase, label]) =>
    TEMPERATURES.map((temperature) => {
      const what = {
        section,
        name: `${temperature}, ${label}`,
        unit: "ms",
        better: "less",
      } as const;
      const times = Object.entries(samples).map(([mirror, all]) => [
        mirror,
        all[temperature].map((sample) => sample[phase as keyof PullTimes]),
      ]);
      return figureOfSamples(what, Object.fromEntries(times));
    }),
  );
}
