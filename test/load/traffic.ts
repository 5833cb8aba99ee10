import { setTimeout as pause } from "node:timers/promises";
import { type ClientOptions, pullOnce } from "./client.ts";
import { createZipf } from "./popularity.ts";
import type { Random } from "./random.ts";
import type { Subject, World } from "./world.ts";

const MOVES_EACH_MS = 2_000;
const SLOW_EACH = 10;
const SLOW_PAUSE_MS = 20;
const LEAVES = 0.02;
const REST_MS = 200;
/** What a client that was refused waits before it tries again. */
const REFUSED_MS = 1_000;

/** Lets so many clients pull, and tags move, until the signal. */
export async function keepBusy(
  client: Omit<ClientOptions, "pauseMs" | "leaves">,
  clients: number,
  world: World,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all([
    moveTags(world, client.random, signal),
    ...Array.from({ length: clients }, (_, number) =>
      keepPulling({ ...client, ...habits(number) }, world, signal),
    ),
  ]);
}

/** Pulls every image once, in no haste. @returns how many arrive in full and as they are now. */
export async function countWhole(
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
