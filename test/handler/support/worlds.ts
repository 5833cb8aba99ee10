import { afterEach, expect } from "vitest";
import type { Stock } from "../../support/quirks/plain.ts";
import { createWorld, type Hosts, type World } from "../../support/quirks/world.ts";
import { useMirrors } from "../support.ts";
import { imageOf, LAYER, type ManifestContent, OCI_MANIFEST } from "./images.ts";
import type { Mirror } from "./mirror.ts";
import type { Vars } from "./options.ts";

/** The tag that every registry of these tests has, the manifest and the layer that it leads to. */
export const TAG = "/v2/owner/app/manifests/1";
export const BY_DIGEST = `/v2/owner/app/manifests/${OCI_MANIFEST.digest}`;
export const BLOB = `/v2/owner/app/blobs/${LAYER.digest}`;

/** The token of a pull of `owner/app`, as every token service is asked for it. */
export const SCOPE = "scope=repository:owner/app:pull";

/** @returns what makes mirrors of other registries. After each test nothing may have leaked. */
export function useWorlds() {
  const createMirror = useMirrors();
  let worlds: World[] = [];
  afterEach(() => {
    const leaks = worlds.flatMap((world) => world.leaks);
    worlds = [];
    expect(leaks).toEqual([]);
  });
  return (registry: string, hosts: Hosts, env: Vars = {}): { mirror: Mirror; world: World } => {
    const world = createWorld(hosts);
    worlds.push(world);
    const UPSTREAM = `https://${registry}`;
    const mirror = createMirror({ env: { UPSTREAM, ...env }, network: () => world.fetch });
    return { mirror, world };
  };
}

/** @returns all that a registry of these tests has: `owner/app:1`. */
export function stockOf(manifest: ManifestContent = OCI_MANIFEST): Stock {
  return { name: "owner/app", tag: "1", image: imageOf(manifest) };
}

/** The image arrives: its manifest by tag, then its layer. */
export async function expectPull(mirror: Mirror): Promise<void> {
  expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
  expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
}
