import { createRandom, type Random } from "../nightly/load/random.ts";
import type { Host } from "../support/hub.ts";
import { buildImage } from "../support/image.ts";
import type { Client, Session, Stored } from "./client.ts";
import { containerd } from "./containerd.ts";
import { docker } from "./docker.ts";
import { PLATFORM } from "./images.ts";
import { forky, here } from "./machine.ts";
import { podman } from "./podman.ts";
import { openSetup, type Setup } from "./setup.ts";

/** The result of a soak. */
export interface SoakOutcome {
  readonly seconds: number;
  readonly pulls: number;
  readonly pullsByClient: Record<string, number>;
  /** By the host that was gone meanwhile. */
  readonly restarts: Record<Host, number>;
  moves: number;
  /** Pulls that failed because the upstream was gone, and succeeded afterwards. */
  repeated: number;
  /** Pulls during a restart that got an earlier image of the tag. */
  old: number;
  readonly broken: string[];
}

/** The upstream's hosts: docker-registry, and those before and behind it. */
const HOSTS: readonly Host[] = ["registry", "auth", "storage"];
/** The probabilities that one of them restarts during a pull, and that a tag moves before it. */
const RESTARTS = 0.1;
const MOVES = 0.15;
/** The longest that a host is gone: longer than a pull takes. */
const MAX_DOWN_MS = 3_000;
/** The probability that a client's store is emptied before a pull. */
const EMPTIED = 0.15;
const LAYER_BYTES = 100_000;

/** Pulls in random order by every client. Rejects if one of them is not installed. */
export async function soak(
  { pulls, seed }: { readonly pulls: number; readonly seed: number },
  report: (line: string) => void,
): Promise<SoakOutcome> {
  const random = createRandom(seed);
  const start = performance.now();
  await using opened = new AsyncDisposableStack();
  const setup = await openSetup(true);
  opened.defer(setup.close);
  const pullers = createPullers(setup, random);
  for (const puller of pullers) opened.defer(puller.close);
  const outcome: SoakOutcome = {
    ...{ seconds: 0, pulls, moves: 0, repeated: 0, old: 0, broken: [] },
    pullsByClient: Object.fromEntries(pullers.map(({ title }) => [title, 0])),
    restarts: { registry: 0, auth: 0, storage: 0 },
  };
  const tags: Tag[] = setup.images.all.map(({ repository, tag, digest }) => ({
    ...{ repository, tag, digests: [digest] },
  }));
  for (let number = 1; number <= pulls; number += 1) {
    const puller = oneOf(pullers, random);
    const tag = oneOf(tags, random);
    if (random.happens(MOVES)) {
      outcome.moves += 1;
      await move(setup, random, tag);
    }
    const gone = random.happens(RESTARTS)
      ? { host: oneOf(HOSTS, random), ms: random.below(MAX_DOWN_MS) }
      : null;
    await pullOnce(setup, puller, tag, gone, outcome);
    if (number % 10 === 0) report(`${number} pulls, ${outcome.broken.length} broken rules`);
  }
  outcome.broken.push(...setup.upstream.leaks.map((leak) => `leak: ${leak}`));
  return { ...outcome, seconds: Math.round((performance.now() - start) / 1_000) };
}

/** A tag, and everything that it has pointed to, the newest last. */
interface Tag {
  readonly repository: string;
  readonly tag: string;
  readonly digests: string[];
}

/** A client that is restarted now and then with an empty store. */
interface Puller {
  readonly title: string;
  pull(repository: string, tag: string): Promise<Stored>;
  close(): Promise<void>;
}

/** The oldest and the newest version of each that the two Debian releases have. */
function createPullers(setup: Setup, random: Random): Puller[] {
  const clients = [
    docker(here, "graph"),
    docker(forky, "containerd"),
    containerd(here, "ctr"),
    containerd(forky, "transfer service"),
    podman(here),
    podman(forky),
  ];
  const missing = clients.flatMap((client) => client.missing);
  if (missing.length > 0) throw new Error(`Not installed: ${missing.join(", ")}.`);
  return clients.map((client) => createPuller(client, setup, random));
}

function createPuller(client: Client, { home, host }: Setup, random: Random): Puller {
  let session: Session | null = null;
  const close = async () => {
    await session?.close();
    session = null;
  };
  return {
    ...{ title: client.title, close },
    async pull(repository, tag) {
      const isEmptied = random.happens(EMPTIED);
      const route = random.happens(0.5) ? "by name" : "for docker.io";
      if (isEmptied) await close();
      session ??= await client.open({ home: await home(), host, route });
      return session.pull(repository, tag);
    },
  };
}

/** Makes a tag point to a new image of either format, for one platform or two. */
async function move({ upstream }: Setup, random: Random, moved: Tag): Promise<void> {
  const { repository, tag, digests } = moved;
  const image = await buildImage({
    platforms: random.happens(0.5) ? [PLATFORM] : ["linux/s390x", PLATFORM],
    mediaTypes: random.happens(0.5) ? "docker" : "oci",
    layers: 1 + random.below(3),
    layerBytes: LAYER_BYTES,
    files: { "etc/version": `${repository} ${digests.length + 1}` },
  });
  await upstream.push(repository, image, [tag]);
  digests.push(image.tagDigest);
}

/** One pull, verified by the client's own store. */
async function pullOnce(
  setup: Setup,
  puller: Puller,
  { repository, tag, digests }: Tag,
  gone: { readonly host: Host; readonly ms: number } | null,
  outcome: SoakOutcome,
): Promise<void> {
  const name = `${puller.title}: ${repository}:${tag}`;
  outcome.pullsByClient[puller.title] = (outcome.pullsByClient[puller.title] ?? 0) + 1;
  const pull = () => puller.pull(repository, tag).catch((error: Error) => error);
  const restarted = gone && setup.upstream.restart(gone.host, gone.ms);
  if (gone) outcome.restarts[gone.host] += 1;
  let stored = await pull();
  await restarted;
  if (stored instanceof Error && gone) {
    outcome.repeated += 1;
    stored = await pull();
  }
  if (stored instanceof Error) {
    outcome.broken.push(`${name}: ${stored.message}`);
    return;
  }
  const known = stored.digests;
  if (known.includes(digests.at(-1) ?? "")) return;
  if (gone && digests.some((digest) => known.includes(digest))) outcome.old += 1;
  else outcome.broken.push(`${name}: ${known.join(" ")} instead of ${digests.at(-1)}`);
}

function oneOf<T>(items: readonly T[], random: Random): T {
  return items[random.below(items.length)] as T;
}
