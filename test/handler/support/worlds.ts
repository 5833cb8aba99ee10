import { afterEach, expect } from "vitest";
import type { Stock } from "../../support/quirks/plain.ts";
import { createWorld, type Hosts, type World } from "../../support/quirks/world.ts";
import { useMirrors } from "../support.ts";
import { imageOf, type ManifestContent, OCI_MANIFEST } from "./images.ts";
import type { Mirror } from "./mirror.ts";
import type { Vars } from "./options.ts";

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
