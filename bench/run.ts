import { isFree } from "../demo/port.ts";
import { type ServedHub, serveHub } from "../test/support/serve.ts";
import { dockerPull } from "./client/docker-pull.ts";
import { TYPICAL_MULTI } from "./client/image.ts";
import { pushNew } from "./client/subject.ts";
import type { Figure } from "./figure.ts";
import { createGenerator } from "./load/generator.ts";
import { measureBlobs } from "./measure/blobs.ts";
import { measureBundles } from "./measure/bundles.ts";
import type { Ceiling } from "./measure/ceiling.ts";
import { measureHits } from "./measure/hits.ts";
import { describeDistance, measureLatency } from "./measure/latency.ts";
import { measureMemory } from "./measure/memory.ts";
import { measurePulls } from "./measure/pulls.ts";
import { measureQuota } from "./measure/quota.ts";
import { type Cast, prepareCast, withMirrors } from "./mirrors/cast.ts";
import { type Mirror, startMirror, UNLIMITED } from "./mirrors/mirror.ts";
import type { Options } from "./options.ts";

/** Everything that was measured, in the order in which it is told. */
export interface Measured {
  readonly mirrors: readonly string[];
  readonly figures: readonly Figure[];
  readonly ceilings: readonly Ceiling[];
}

/** How often and how long, so that a run takes under four minutes, a quick one under one. */
const PLANS = {
  whole: { latencyRounds: 5, hits: { rounds: 5, forMs: 1500 }, blobs: { rounds: 4, forMs: 800 } },
  quick: { latencyRounds: 1, hits: { rounds: 2, forMs: 700 }, blobs: { rounds: 1, forMs: 400 } },
};

const WARMING_PULLS = 3;

/** Measures everything, and tells what it is about. */
export async function run(options: Options, tell: (what: string) => void): Promise<Measured> {
  const { mirrors, workers, hubPort } = options;
  const upstream = mirrors.length > 0 ? await serveAt(hubPort) : null;
  try {
    tell("bundling");
    const cast = await prepareCast(workers, mirrors);
    const counted = await countAll(cast, upstream, tell);
    const timed = await timeAll(cast, upstream, options, tell);
    const names = [...cast.workers, ...cast.mirrors].map(({ name }) => name);
    const figures = [...counted, ...timed.figures];
    return { mirrors: names, figures, ceilings: timed.ceilings };
  } finally {
    await upstream?.close();
  }
}

/** The upstream of mirrors that run elsewhere, and look for it there. */
async function serveAt(port: number): Promise<ServedHub> {
  for (const taken of [port, port + 1, port + 2]) {
    if (await isFree(taken)) continue;
    throw new Error(`port ${taken} is taken; free it, or choose others with --hub-port`);
  }
  return serveHub({ ...UNLIMITED, port });
}

/** What does not depend on how fast the machine is. */
async function countAll(
  cast: Cast,
  upstream: ServedHub | null,
  tell: (what: string) => void,
): Promise<Figure[]> {
  return withMirrors(cast, upstream, async (mirrors) => {
    tell("counting requests, KV and R2 operations");
    const pulls = await measurePulls(mirrors);
    tell("counting the quota of a hundred pulls");
    const quota = await measureQuota(mirrors);
    return [...pulls, ...quota, ...measureBundles(mirrors)];
  });
}

/** What does; the mirrors are new ones, and in turns everybody meets the same minutes. */
async function timeAll(
  cast: Cast,
  upstream: ServedHub | null,
  { latencies, storeLatencyMs, isQuick }: Options,
  tell: (what: string) => void,
): Promise<Omit<Measured, "mirrors">> {
  const plan = PLANS[isQuick ? "quick" : "whole"];
  return withMirrors(cast, upstream, async (mirrors) => {
    await warmUp(mirrors);
    const figures: Figure[] = [];
    for (const latency of latencies) {
      const distance = { latency, storeLatencyMs };
      tell(`timing pulls, ${describeDistance(distance)}`);
      figures.push(...(await measureLatency(mirrors, distance, plan.latencyRounds)));
    }
    const loaded = await loadAll(mirrors, cast, plan, tell);
    figures.push(...loaded.figures, measureMemory(mirrors));
    return { figures, ceilings: loaded.ceilings };
  });
}

/** The code of each is compiled, and its upstream's challenge known. */
async function warmUp(mirrors: readonly Mirror[]): Promise<void> {
  for (let pulls = 0; pulls < WARMING_PULLS; pulls += 1) {
    const subject = await pushNew(mirrors, TYPICAL_MULTI);
    for (const { near } of mirrors) {
      await dockerPull(near.origin, subject);
      await near.settle();
    }
  }
}

async function loadAll(
  mirrors: readonly Mirror[],
  cast: Cast,
  plan: (typeof PLANS)["whole"],
  tell: (what: string) => void,
): Promise<Omit<Measured, "mirrors">> {
  const generator = createGenerator();
  const trivial = await startMirror(cast.trivial);
  try {
    tell("asking for manifests");
    const hits = await measureHits(mirrors, trivial, generator, plan.hits);
    tell("asking for blobs");
    const blobs = await measureBlobs(mirrors, generator, plan.blobs);
    return {
      figures: [...hits.figures, ...blobs.figures],
      ceilings: [...hits.ceilings, ...blobs.ceilings],
    };
  } finally {
    await trivial.close();
    await generator.close();
  }
}
