import { pull } from "../../test/support/pull.ts";
import { enter } from "./enter.ts";
import { PLATFORM } from "./image.ts";

/** How long a pull took, in milliseconds. */
export interface PullTimes {
  /** Until the manifests were there: ping, token where one is asked for, tag, index, manifest. */
  readonly metadataMs: number;
  /** Until all blobs were there as well. */
  readonly wholeMs: number;
}

/**
 * Pulls `<repository>:<tag>` as docker does from a registry mirror. Each length and sha256 is
 * checked.
 *
 * @param onManifests called before the first blob is asked for.
 */
export async function dockerPull(
  origin: string,
  { repository, tag }: { readonly repository: string; readonly tag: string },
  onManifests = () => {},
): Promise<PullTimes> {
  const start = performance.now();
  let metadataMs = 0;
  const headers = await enter(origin, repository);
  await pull({
    ...{ registry: origin, image: `${repository}:${tag}`, platform: PLATFORM, headers },
    onManifests() {
      metadataMs = performance.now() - start;
      onManifests();
    },
  });
  return { metadataMs, wholeMs: performance.now() - start };
}
