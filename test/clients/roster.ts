import { containerd } from "./client/containerd.ts";
import { docker } from "./client/docker.ts";
import { podman } from "./client/podman.ts";
import { forky, here, isRoot, missingOn } from "./machine/machine.ts";
import { versionOf } from "./machine/version.ts";
import type { Stage } from "./stage.ts";
import { describeClient, pullAll } from "./suite/client.ts";
import { describeCrane, readAllByCrane } from "./suite/crane.ts";
import { copyAllByOras, describeOras } from "./suite/oras.ts";
import { copyAllBySkopeo, describeSkopeo } from "./suite/skopeo.ts";

/** A client and what is expected of it. */
export interface Entry {
  readonly title: string;
  /** Why it cannot be run here; null if it can. */
  readonly obstacle: string | null;
  describe(stage: () => Stage): void;
  /** Pulls every image in full, with nothing pulled before. */
  pullAll(stage: Stage): Promise<void>;
}

/** Every client, in the versions that two Debian releases have. */
export const roster: readonly Entry[] = [
  ...[
    docker(here, "graph"),
    docker(forky, "graph"),
    docker(forky, "containerd"),
    containerd(here, "ctr"),
    containerd(forky, "ctr"),
    containerd(forky, "transfer service"),
    podman(here),
    podman(forky),
  ].map((client) => ({
    title: client.title,
    obstacle: obstacleOf(client.missing),
    describe: (stage: () => Stage) => describeClient(client, stage),
    pullAll: (stage: Stage) => pullAll(client, stage),
  })),
  ...[here, forky].map((machine) => ({
    title: `skopeo ${versionOf(machine, "skopeo")}`,
    obstacle: obstacleOf(missingOn(machine, ["usr/bin/skopeo"])),
    describe: (stage: () => Stage) => describeSkopeo(machine, stage),
    pullAll: (stage: Stage) => copyAllBySkopeo(machine, stage),
  })),
  {
    title: "crane",
    obstacle: obstacleOf(missingOn(forky, ["usr/bin/crane"])),
    describe: (stage) => describeCrane(forky, stage),
    pullAll: (stage) => readAllByCrane(forky, stage),
  },
  {
    title: `oras ${versionOf(forky, "oras", "version")}`,
    obstacle: obstacleOf(missingOn(forky, ["usr/bin/oras"])),
    describe: (stage) => describeOras(forky, stage),
    pullAll: (stage) => copyAllByOras(forky, stage),
  },
];

/** All of them need the registry behind the mirror. */
function obstacleOf(missing: readonly string[]): string | null {
  if (!isRoot) return "needs root on Linux";
  const all = [...missing, ...missingOn(here, ["usr/bin/docker-registry", "usr/bin/openssl"])];
  return all.length === 0 ? null : `not installed: ${all.join(", ")}`;
}
