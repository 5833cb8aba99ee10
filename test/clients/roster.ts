import { containerd } from "./client/containerd.ts";
import { docker } from "./client/docker.ts";
import { podman } from "./client/podman.ts";
import { forky, here, isRoot, missingOn } from "./machine/machine.ts";
import { versionOf } from "./machine/version.ts";
import type { Stage } from "./stage.ts";
import { describeClient } from "./suite/client.ts";
import { describeCrane } from "./suite/crane.ts";
import { describeOras } from "./suite/oras.ts";
import { describeSkopeo } from "./suite/skopeo.ts";

/** A client and what is expected of it. */
export interface Entry {
  readonly title: string;
  /** Why it cannot be run here; null if it can. */
  readonly obstacle: string | null;
  describe(stage: () => Stage): void;
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
  })),
  ...[here, forky].map((machine) => ({
    title: `skopeo ${versionOf(machine, "skopeo")}`,
    obstacle: obstacleOf(missingOn(machine, ["usr/bin/skopeo"])),
    describe: (stage: () => Stage) => describeSkopeo(machine, stage),
  })),
  {
    title: "crane",
    obstacle: obstacleOf(missingOn(forky, ["usr/bin/crane"])),
    describe: (stage) => describeCrane(forky, stage),
  },
  {
    title: `oras ${versionOf(forky, "oras", "version")}`,
    obstacle: obstacleOf(missingOn(forky, ["usr/bin/oras"])),
    describe: (stage) => describeOras(forky, stage),
  },
];

/** All of them need the registry behind the mirror. */
function obstacleOf(missing: readonly string[]): string | null {
  if (!isRoot) return "needs root on Linux";
  const all = [...missing, ...missingOn(here, ["usr/bin/docker-registry", "usr/bin/openssl"])];
  return all.length === 0 ? null : `not installed: ${all.join(", ")}`;
}
