import { Agent } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Bundle } from "../../bench/mirrors/bundle.ts";
import { UNLIMITED } from "../../bench/mirrors/mirror.ts";
import { startWorkerd, type Workerd } from "../../bench/mirrors/workerd.ts";
import { type ServedHub, serveHub } from "../support/serve.ts";
import { type Budget, computeBudget } from "./budget.ts";
import { createFaults, type FaultCounts, type Faults, type UpstreamCounts } from "./faults.ts";
import { type MemoryFigures, watchMemory } from "./memory.ts";
import type { Options } from "./options.ts";
import { createRandom } from "./random.ts";
import { createTally, type Tally } from "./tally.ts";
import { countWhole, keepBusy } from "./traffic.ts";
import { createWorld } from "./world.ts";

/** What came of a run. */
export interface Outcome {
  readonly name: string;
  readonly images: number;
  readonly versions: number;
  readonly seconds: number;
  readonly tally: Tally;
  readonly faults: FaultCounts;
  readonly served: UpstreamCounts;
  readonly failed: UpstreamCounts;
  readonly quota: number;
  readonly kvWrites: number;
  readonly r2Writes: number;
  readonly budget: Budget;
  readonly memory: MemoryFigures;
  /** Images that pull, in full and as they are now, when the faults are over. */
  readonly recovered: number;
  /** What should never have been sent upstream. */
  readonly leaks: readonly string[];
}

/** Seconds, so short that tags are asked for many times in a run. */
const TTL_SECONDS = 5;
const TIMEOUT_SECONDS = 2;
/** Longer than a refusal without Retry-After is remembered, and than a tag is trusted. */
const CALM_MS = 12_000;

/** Lets clients pull from a mirror, with or without R2, and has the upstream fail meanwhile. */
export async function run(bundle: Bundle, hasBlobs: boolean, options: Options): Promise<Outcome> {
  await using opened = new AsyncDisposableStack();
  const upstream = await serveHub(UNLIMITED);
  opened.defer(upstream.close);
  const vars = {
    UPSTREAM: upstream.origins.registry,
    NAMESPACE: "library",
    TAG_TTL_SECONDS: `${TTL_SECONDS}`,
    UPSTREAM_TIMEOUT_SECONDS: `${TIMEOUT_SECONDS}`,
  };
  const workerd = await startWorkerd({ bundle, vars, hasBlobs });
  opened.defer(workerd.stop);
  // Awaited here, or both would be closed while it runs.
  return await measure(workerd, upstream, hasBlobs, options);
}

async function measure(
  { origins: [origin], process: meter }: Workerd,
  upstream: ServedHub,
  hasBlobs: boolean,
  { seconds, clients, images, seed }: Options,
): Promise<Outcome> {
  const random = createRandom(seed);
  const world = await createWorld(upstream.hub, images);
  const faults = createFaults(upstream, random);
  const [tally, memory] = [createTally(), watchMemory(meter)];
  const agent = new Agent({ keepAlive: true });
  const client = { origin, agent, random, tally, ttlMs: TTL_SECONDS * 1_000 };
  const start = performance.now();
  const signal = AbortSignal.timeout(seconds * 1_000);
  await Promise.all([
    faults.run(seconds, signal),
    keepBusy(client, clients, world, signal),
    pause((seconds * 1_000) / 3).then(memory.markThird),
  ]);
  await pause(CALM_MS);
  const recovered = await countWhole(client, world.subjects);
  const stores = await settle(origin);
  agent.destroy();
  const passed = { seconds: (performance.now() - start) / 1_000, ttlSeconds: TTL_SECONDS };
  const name = hasBlobs ? "with R2" : "without R2";
  return {
    ...{ name, images, seconds, tally, recovered, memory: memory.stop() },
    ...sumUp(faults),
    budget: computeBudget({ world, clients, hasBlobs, tally, ...sumUp(faults), ...passed }),
    versions: world.subjects.reduce((total, { versions }) => total + versions.length, 0),
    ...{ quota: upstream.hub.pulls(), leaks: [...upstream.hub.leaks], ...stores },
  };
}

function sumUp({ served, failed, counts, departures }: Faults) {
  return { served, failed, faults: counts, departures: departures() };
}

/** Waits until nothing goes on after the answers. @returns what the stores have been asked. */
async function settle(origin: string): Promise<{ kvWrites: number; r2Writes: number }> {
  for (let tries = 0; tries < 200; tries += 1) {
    const state = await fetch(`${origin}/.bench/state`).then((answer) => answer.json());
    const { pending, kvWrites, r2Writes } = state as Record<string, number>;
    if (pending === 0) return { kvWrites: kvWrites ?? 0, r2Writes: r2Writes ?? 0 };
    await pause(100);
  }
  throw new Error("The mirror's work after its answers does not end.");
}
