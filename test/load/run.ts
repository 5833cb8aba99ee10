import { Agent } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Bundle } from "../../bench/mirrors/bundle.ts";
import { UNLIMITED } from "../../bench/mirrors/mirror.ts";
import { startWorkerd, type Workerd } from "../../bench/mirrors/workerd.ts";
import { type ServedHub, serveHub } from "../support/serve.ts";
import { type Budget, computeBudget } from "./budget.ts";
import { type ClientOptions, pullOnce } from "./client.ts";
import { createFaults, type FaultCounts, type UpstreamCounts } from "./faults.ts";
import { type MemoryFigures, watchMemory } from "./memory.ts";
import type { Options } from "./options.ts";
import { createZipf } from "./popularity.ts";
import { createRandom, type Random } from "./random.ts";
import { createTally, type Tally } from "./tally.ts";
import { createWorld, type Subject, type World } from "./world.ts";

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
const MOVES_EACH_MS = 2_000;
/** Longer than a refusal without Retry-After is remembered, and than a tag is trusted. */
const CALM_MS = 12_000;
const SLOW_EACH = 10;
const SLOW_PAUSE_MS = 20;
const LEAVES = 0.02;
const REST_MS = 200;
/** What a client that was refused waits before it tries again. */
const REFUSED_MS = 1_000;

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
  return await measure(workerd, upstream, hasBlobs ? "with R2" : "without R2", options);
}

async function measure(
  { origins: [origin], process: meter }: Workerd,
  upstream: ServedHub,
  name: string,
  { seconds, clients, images, seed }: Options,
): Promise<Outcome> {
  const random = createRandom(seed);
  const world = await createWorld(upstream.hub, images);
  const faults = createFaults(upstream, random);
  const tally = createTally();
  const memory = watchMemory(meter);
  const agent = new Agent({ keepAlive: true });
  const client = { origin, agent, random, tally, ttlMs: TTL_SECONDS * 1_000 };
  const start = performance.now();
  const signal = AbortSignal.timeout(seconds * 1_000);
  const third = pause((seconds * 1_000) / 3).then(memory.markThird);
  await Promise.all([
    faults.run(seconds, signal),
    moveTags(world, random, signal),
    third,
    ...Array.from({ length: clients }, (_, number) =>
      keepPulling({ ...client, ...habits(number) }, world, signal),
    ),
  ]);
  await pause(CALM_MS);
  const recovered = await countWhole({ ...client, pauseMs: 0, leaves: 0 }, world.subjects);
  const stores = await settle(origin);
  agent.destroy();
  const passedSeconds = (performance.now() - start) / 1_000;
  const { served, failed, counts } = faults;
  const budget = computeBudget({
    ...{ world, clients, tally, failed, faults: counts, departures: faults.departures() },
    ...{ seconds: passedSeconds, ttlSeconds: TTL_SECONDS },
  });
  return {
    ...{ name, images, seconds, tally, faults: counts, served, failed, budget, recovered },
    versions: world.subjects.reduce((total, { versions }) => total + versions.length, 0),
    ...{ quota: upstream.hub.pulls(), leaks: [...upstream.hub.leaks] },
    ...{ kvWrites: stores.kvWrites, r2Writes: stores.r2Writes, memory: memory.stop() },
  };
}

function habits(number: number): Pick<ClientOptions, "pauseMs" | "leaves"> {
  return { pauseMs: number % SLOW_EACH === 0 ? SLOW_PAUSE_MS : 0, leaves: LEAVES };
}

async function keepPulling(client: ClientOptions, world: World, signal: AbortSignal) {
  const { random } = client;
  const pick = createZipf(world.subjects.length, random);
  while (!signal.aborted) {
    const subject = world.subjects[pick()];
    const digest = subject && (await pullOnce(client, subject));
    await pause(digest === null ? REFUSED_MS : random.below(REST_MS));
  }
}

async function moveTags(world: World, random: Random, signal: AbortSignal): Promise<void> {
  const pick = createZipf(world.subjects.length, random);
  for (;;) {
    await pause(MOVES_EACH_MS, null, { signal }).catch(() => null);
    const subject = world.subjects[pick()];
    if (signal.aborted || subject === undefined) return;
    await world.move(subject);
  }
}

async function countWhole(client: ClientOptions, subjects: readonly Subject[]): Promise<number> {
  let whole = 0;
  for (const subject of subjects) {
    const digest = await pullOnce(client, subject);
    if (digest === subject.versions.at(-1)?.digest) whole += 1;
  }
  return whole;
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
