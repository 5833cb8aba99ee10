import type { HubRequest } from "../test/support/hub.ts";
import { tally } from "../test/support/hub.ts";
import { type Pulled, pull } from "../test/support/pull.ts";
import { type Environment, NAME, PULLED_PLATFORM, TAG } from "./environment.ts";

/** One pull through the mirror, and the requests that it caused upstream. */
export interface MeasuredPull {
  readonly title: string;
  readonly pulled: Pulled;
  readonly upstream: readonly HubRequest[];
  /** Pulls that Docker Hub counted against the quota. */
  readonly quota: number;
  readonly ms: number;
}

/** Something that must be true of the pulls. */
export interface ExpectedResult {
  readonly text: string;
  readonly isMet: boolean;
}

/** One part of the demo: two pulls, and the results expected of them. */
export interface Step {
  readonly pulls: readonly [MeasuredPull, MeasuredPull];
  readonly results: readonly ExpectedResult[];
}

/** Pulls twice through a new mirror while Docker Hub works. */
export async function pullTwice(environment: Environment): Promise<Step> {
  const { origin } = await environment.startMirror();
  const cold = await measurePull("first pull", origin, environment);
  const warm = await measurePull("second pull", origin, environment);
  const gets = cold.pulled.steps.filter(({ method }) => method === "GET");
  const blobs = gets.filter(({ path }) => path.includes("/blobs/")).length;
  const manifests = gets.length - blobs;
  await environment.untilStored(gets.length);
  const counts = tally(cold.upstream);
  const downloads = counts["storage GET blob"] ?? 0;
  return {
    pulls: [cold, warm],
    results: [
      {
        text: `Both pulls were complete: ${gets.length} digests and lengths verified, twice`,
        isMet: haveDigest(environment.digest, cold, warm),
      },
      {
        text: "First pull: one challenge, one token, one HEAD of the tag, one GET per manifest",
        isMet:
          counts["registry GET challenge"] === 1 &&
          counts["auth GET token"] === 1 &&
          counts["registry HEAD manifest"] === 1 &&
          counts["registry GET manifest"] === manifests,
      },
      {
        text: "First pull: one redirect per blob; one download for the client, one at most to store it",
        isMet: counts["registry GET blob"] === blobs && isBetween(downloads, blobs, 2 * blobs),
      },
      {
        text: `First pull: ${manifests} pulls of the quota, for the index and one manifest`,
        isMet: cold.quota === manifests,
      },
      { text: "Second pull: no upstream requests", isMet: warm.upstream.length === 0 },
    ],
  };
}

/** Restarts the mirror so that every tag needs a check, and pulls while Docker Hub fails. */
export async function pullDuringFailures(environment: Environment): Promise<Step> {
  const { digest, served, startMirror } = environment;
  const { origin } = await startMirror({ TAG_TTL_SECONDS: 0 });
  served.hub.become("limited");
  const directlyLimited = await requestDirectly(served.origins.registry);
  const limited = await measurePull("upstream 429", origin, environment);
  await served.goAway();
  const directlyDown = await requestDirectly(served.origins.registry);
  const down = await measurePull("upstream down", origin, environment);
  return {
    pulls: [limited, down],
    results: [
      {
        text: "Both pulls were complete, from the cache",
        isMet: haveDigest(digest, limited, down),
      },
      {
        text: `Rate limited: ${directlyLimited} directly, 200 with a Warning through the mirror`,
        isMet: directlyLimited === "429" && limited.upstream.length > 0 && hasWarning(limited),
      },
      {
        text: `Down: ${directlyDown} directly, 200 with a Warning through the mirror`,
        isMet: directlyDown === "ECONNREFUSED" && down.upstream.length === 0 && hasWarning(down),
      },
      { text: "No quota was spent", isMet: limited.quota + down.quota === 0 },
    ],
  };
}

/** Pulls the image once. The client verifies every length and sha256. */
async function measurePull(
  title: string,
  registry: string,
  { served: { hub } }: Environment,
): Promise<MeasuredPull> {
  const requestsBefore = hub.requests.length;
  const quotaBefore = hub.pulls();
  const start = performance.now();
  const pulled = await pull({ registry, image: `${NAME}:${TAG}`, platform: PULLED_PLATFORM });
  const ms = performance.now() - start;
  const upstream = hub.requests.slice(requestsBefore);
  return { title, pulled, upstream, quota: hub.pulls() - quotaBefore, ms };
}

/** @returns the status of the registry itself, or the error code of the connection. */
async function requestDirectly(registry: string): Promise<string> {
  try {
    // An idle connection of an earlier pull would hide that the port is closed.
    const response = await fetch(`${registry}/v2/`, { headers: { connection: "close" } });
    await response.arrayBuffer();
    return String(response.status);
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return cause?.code ?? "no response";
  }
}

function haveDigest(digest: string, ...pulls: MeasuredPull[]): boolean {
  return pulls.every(({ pulled }) => pulled.digest === digest);
}

function isBetween(count: number, least: number, most: number): boolean {
  return count >= least && count <= most;
}

/** Only a tag can be stale: content by digest never changes. */
function hasWarning({ pulled }: MeasuredPull): boolean {
  const warned = pulled.steps.filter(({ warning }) => warning?.startsWith('299 - "'));
  return warned.length === 1 && warned[0]?.method === "HEAD";
}
