import { createRandom, type Random } from "../../load/random.ts";
import type { Host } from "../../support/hub.ts";
import { openStage, type Stage } from "../stage.ts";
import type { SoakOptions } from "./options.ts";
import { createPullers, type Puller } from "./puller.ts";
import { move, type Tag, tagsOf } from "./tags.ts";

/** What came of it. */
export interface SoakOutcome {
  readonly seconds: number;
  readonly pulls: number;
  readonly pullsByClient: Record<string, number>;
  /** By what was gone meanwhile. */
  readonly restarts: Record<Host, number>;
  moves: number;
  /** Pulls that failed with the upstream gone under them, and went well afterwards. */
  repeated: number;
  /** Pulls during a restart that got what the tag led to before. */
  old: number;
  readonly broken: string[];
}

/** What the upstream consists of: docker-registry, and what is before and behind it. */
const HOSTS: readonly Host[] = ["registry", "auth", "storage"];
/** How often one of them restarts during a pull, and how often a tag moves before one. */
const RESTARTS = 0.1;
const MOVES = 0.15;
/** How long that one is gone at most: longer than a pull takes. */
const MAX_DOWN_MS = 3_000;

/** Pulls in random order by every client. Rejects if one of them is not there. */
export async function soak(
  { pulls, seed }: SoakOptions,
  tell: (line: string) => void,
): Promise<SoakOutcome> {
  const random = createRandom(seed);
  const start = performance.now();
  await using opened = new AsyncDisposableStack();
  const stage = await openStage(true);
  opened.defer(stage.close);
  const pullers = createPullers(() => stage, random);
  const missing = pullers.flatMap((puller) => puller.missing);
  if (missing.length > 0) throw new Error(`Not installed: ${missing.join(", ")}.`);
  for (const puller of pullers) opened.defer(puller.close);
  const outcome = createOutcome(pulls, pullers);
  const tags = tagsOf(stage);
  for (let number = 1; number <= pulls; number += 1) {
    const puller = oneOf(pullers, random);
    const tag = oneOf(tags, random);
    if (random.happens(MOVES)) {
      outcome.moves += 1;
      await move(stage, random, tag);
    }
    const gone = random.happens(RESTARTS)
      ? { host: oneOf(HOSTS, random), ms: random.below(MAX_DOWN_MS) }
      : null;
    await pullOnce(stage, puller, tag, gone, outcome);
    if (number % 10 === 0) tell(`${number} pulls, ${outcome.broken.length} broken rules`);
  }
  const { leaks } = stage.upstream;
  outcome.broken.push(...leaks.map((leak) => `leak: ${leak}`));
  return { ...outcome, seconds: Math.round((performance.now() - start) / 1_000) };
}

/** One pull, and what the client's own store says of it afterwards. */
async function pullOnce(
  stage: Stage,
  puller: Puller,
  { repository, tag, digests }: Tag,
  gone: { readonly host: Host; readonly ms: number } | null,
  outcome: SoakOutcome,
): Promise<void> {
  const what = `${puller.title}: ${repository}:${tag}`;
  outcome.pullsByClient[puller.title] = (outcome.pullsByClient[puller.title] ?? 0) + 1;
  const pull = () => puller.pull(repository, tag).catch((error: Error) => error);
  const restarted = gone && stage.upstream.restart(gone.host, gone.ms);
  if (gone) outcome.restarts[gone.host] += 1;
  let stored = await pull();
  await restarted;
  if (stored instanceof Error && gone) {
    outcome.repeated += 1;
    stored = await pull();
  }
  if (stored instanceof Error) {
    outcome.broken.push(`${what}: ${stored.message}`);
    return;
  }
  const known = stored.digests;
  if (known.includes(digests.at(-1) ?? "")) return;
  if (gone && digests.some((digest) => known.includes(digest))) outcome.old += 1;
  else outcome.broken.push(`${what}: ${known.join(" ")} instead of ${digests.at(-1)}`);
}

function createOutcome(pulls: number, pullers: readonly Puller[]): SoakOutcome {
  const pullsByClient = Object.fromEntries(pullers.map(({ title }) => [title, 0]));
  return {
    ...{ seconds: 0, pulls, pullsByClient },
    restarts: { registry: 0, auth: 0, storage: 0 },
    ...{ moves: 0, repeated: 0, old: 0, broken: [] },
  };
}

function oneOf<T>(items: readonly T[], random: Random): T {
  return items[random.below(items.length)] as T;
}
