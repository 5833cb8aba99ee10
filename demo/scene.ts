import type { Hub, HubRequest } from "../test/support/hub.ts";
import { type Pulled, pull } from "../test/support/pull.ts";
import { NAME, PULLED_PLATFORM, TAG } from "./subject.ts";

/** One pull through the mirror, and what it made of the upstream. */
export interface Scene {
  readonly title: string;
  readonly pulled: Pulled;
  /** What reached the stand-in meanwhile. */
  readonly upstream: readonly HubRequest[];
  /** Quota spent by this pull. */
  readonly pulls: number;
  readonly ms: number;
}

/** Pulls the image once; the pull itself checks each length and sha256. */
export async function play(title: string, registry: string, hub: Hub): Promise<Scene> {
  const from = hub.requests.length;
  const spent = hub.pulls();
  const start = performance.now();
  const pulled = await pull({ registry, image: `${NAME}:${TAG}`, platform: PULLED_PLATFORM });
  const ms = performance.now() - start;
  return { title, pulled, upstream: hub.requests.slice(from), pulls: hub.pulls() - spent, ms };
}
