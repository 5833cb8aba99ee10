import { Agent } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { UNLIMITED } from "../../../bench/mirrors.ts";
import {
  type Bundle,
  type ProcessMeter,
  startWorkerd,
  type Workerd,
} from "../../../bench/workerd.ts";
import { type ServedHub, serveHub } from "../../support/serve.ts";
import { type ClientOptions, pullOnce } from "./client.ts";
import { createTally, type Tally } from "./judge.ts";
import { createRandom, createZipf, type Random } from "./random.ts";
import { type Budget, computeBudget } from "./rules.ts";
import {
  createFaults,
  createImages,
  type Images,
  type Subject,
  type UpstreamStats,
} from "./upstream.ts";

/** The size of a run. */
export interface LoadOptions {
  /** How long the clients pull, for each mirror. */
  readonly seconds: number;
  readonly clients: number;
  readonly images: number;
  /** Equal seeds make equal images, faults and clients; their timing depends on the machine. */
  readonly seed: number;
}

/** Memory of a process in bytes; 0 on a machine without /proc. */
export interface MemoryFigures {
  readonly peakBytes: number;
  /** When a third of the time has passed, and caches are filled. */
  readonly thirdBytes: number;
  readonly endBytes: number;
}

/** The result of a run. */
export interface Outcome {
  readonly name: string;
  readonly images: number;
  readonly versions: number;
  readonly seconds: number;
  readonly tally: Tally;
  readonly upstream: UpstreamStats;
  readonly quota: number;
  readonly kvWrites: number;
  readonly r2Writes: number;
  readonly budget: Budget;
  readonly memory: MemoryFigures;
  /** Images that pull completely and with the latest digest when the faults are over. */
  readonly recovered: number;
  /** What should never have been sent upstream. */
  readonly leaks: readonly string[];
}

/** So short that tags are checked many times in a run. */
const TTL_SECONDS = 5;
const TIMEOUT_SECONDS = 2;
/** Longer than a refusal without Retry-After is remembered, and than a tag is trusted. */
const CALM_MS = 12_000;

/** Lets clients pull from a mirror, with or without R2, while the upstream fails. */
export async function run(
  bundle: Bundle,
  hasBlobs: boolean,
  options: LoadOptions,
): Promise<Outcome> {
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
  { seconds, clients, images, seed }: LoadOptions,
): Promise<Outcome> {
  const random = createRandom(seed);
  const pushed = await createImages(upstream.hub, images);
  const { stats, run } = createFaults(upstream, random);
  const tally = createTally();
  let thirdBytes = 0;
  const agent = new Agent({ keepAlive: true });
  const client = { origin, agent, random, tally, ttlMs: TTL_SECONDS * 1_000 };
  const start = performance.now();
  const signal = AbortSignal.timeout(seconds * 1_000);
  await Promise.all([
    run(seconds, signal),
    keepBusy(client, clients, pushed, signal),
    pause((seconds * 1_000) / 3).then(() => {
      thirdBytes = meter?.residentBytes() ?? 0;
    }),
  ]);
  await pause(CALM_MS);
  const recovered = await countWhole(client, pushed.subjects);
  const stores = await settle(origin);
  agent.destroy();
  const passed = { seconds: (performance.now() - start) / 1_000, ttlSeconds: TTL_SECONDS };
  const name = hasBlobs ? "with R2" : "without R2";
  return {
    ...{ name, images, seconds, tally, recovered, memory: memoryOf(meter, thirdBytes) },
    upstream: stats,
    budget: computeBudget({
      ...{ images: pushed, clients, hasBlobs, tally, upstream: stats },
      ...passed,
    }),
    versions: pushed.subjects.reduce((total, { versions }) => total + versions.length, 0),
    ...{ quota: upstream.hub.pulls(), leaks: [...upstream.hub.leaks], ...stores },
  };
}

function memoryOf(meter: ProcessMeter | null, thirdBytes: number): MemoryFigures {
  const endBytes = meter?.residentBytes() ?? 0;
  return { peakBytes: meter?.peakBytes() ?? 0, thirdBytes, endBytes };
}

/** Waits for work after the answers. @returns how often the stores were written to. */
async function settle(origin: string): Promise<{ kvWrites: number; r2Writes: number }> {
  for (let tries = 0; tries < 200; tries += 1) {
    const state = await fetch(`${origin}/.bench/state`).then((answer) => answer.json());
    const { pending, kvWrites, r2Writes } = state as Record<string, number>;
    if (pending === 0) return { kvWrites: kvWrites ?? 0, r2Writes: r2Writes ?? 0 };
    await pause(100);
  }
  throw new Error("The mirror's work after its answers does not end.");
}

const MOVES_EACH_MS = 2_000;
const SLOW_EACH = 10;
const SLOW_PAUSE_MS = 20;
const LEAVES = 0.02;
const REST_MS = 200;
/** How long a refused client waits before it tries again. */
const REFUSED_MS = 1_000;

/** Lets so many clients pull, and tags move, until the signal. */
async function keepBusy(
  client: Omit<ClientOptions, "pauseMs" | "leaves">,
  clients: number,
  images: Images,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all([
    moveTags(images, client.random, signal),
    ...Array.from({ length: clients }, (_, number) =>
      keepPulling({ ...client, ...habits(number) }, images, signal),
    ),
  ]);
}

/** Pulls every image once. @returns how many arrive completely and with the latest digest. */
async function countWhole(
  client: Omit<ClientOptions, "pauseMs" | "leaves">,
  subjects: readonly Subject[],
): Promise<number> {
  let whole = 0;
  for (const subject of subjects) {
    const digest = await pullOnce({ ...client, pauseMs: 0, leaves: 0 }, subject);
    if (digest === subject.versions.at(-1)?.digest) whole += 1;
  }
  return whole;
}

function habits(number: number): Pick<ClientOptions, "pauseMs" | "leaves"> {
  return { pauseMs: number % SLOW_EACH === 0 ? SLOW_PAUSE_MS : 0, leaves: LEAVES };
}

async function keepPulling(client: ClientOptions, images: Images, signal: AbortSignal) {
  const { random } = client;
  const pick = createZipf(images.subjects.length, random);
  while (!signal.aborted) {
    const subject = images.subjects[pick()];
    const digest = subject && (await pullOnce(client, subject));
    await pause(digest === null ? REFUSED_MS : random.below(REST_MS));
  }
}

async function moveTags(images: Images, random: Random, signal: AbortSignal): Promise<void> {
  const pick = createZipf(images.subjects.length, random);
  for (;;) {
    await pause(MOVES_EACH_MS, null, { signal }).catch(() => null);
    const subject = images.subjects[pick()];
    if (signal.aborted || subject === undefined) return;
    await images.move(subject);
  }
}
