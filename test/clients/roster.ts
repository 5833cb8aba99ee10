import { containerd } from "./client/containerd.ts";
import { docker } from "./client/docker.ts";
import { podman } from "./client/podman.ts";
import { forky, here, isRoot, missingOn } from "./machine/machine.ts";
import { versionOf } from "./machine/version.ts";
import type { Stage } from "./stage.ts";
import { type RegistriesStage, WAYS } from "./stage-registries.ts";
import { describeClient, pullAll } from "./suite/client.ts";
import { describeCrane, readAllByCrane } from "./suite/crane.ts";
import { craneInspector, orasInspector, skopeoInspector } from "./suite/inspectors.ts";
import { copyAllByOras, describeOras } from "./suite/oras.ts";
import { describeRegistriesOf, describeRegistriesOfTool } from "./suite/registries.ts";
import { copyAllBySkopeo, describeSkopeo } from "./suite/skopeo.ts";

/** A client and what is expected of it. */
export interface Entry {
  readonly title: string;
  /** Why it cannot be run here; null if it can. */
  readonly obstacle: string | null;
  describe(stage: () => Stage): void;
  describeRegistries(stage: () => RegistriesStage): void;
  /** Pulls every image in full, with nothing pulled before. */
  pullAll(stage: Stage): Promise<void>;
}

/** Docker has mirrors for Docker Hub alone. */
const DOCKER_WAYS = ["host", "name"] as const;

/** Every client, in the versions that two Debian releases have. */
export const roster: readonly Entry[] = [
  ...[
    { client: docker(here, "graph"), ways: DOCKER_WAYS },
    { client: docker(forky, "graph"), ways: DOCKER_WAYS },
    { client: docker(forky, "containerd"), ways: DOCKER_WAYS },
    { client: containerd(here, "ctr"), ways: WAYS },
    { client: containerd(forky, "ctr"), ways: WAYS },
    { client: containerd(forky, "transfer service"), ways: WAYS },
    { client: podman(here), ways: WAYS },
    { client: podman(forky), ways: WAYS },
  ].map(({ client, ways }) => ({
    title: client.title,
    obstacle: obstacleOf(client.missing),
    describe: (stage: () => Stage) => describeClient(client, stage),
    describeRegistries: (stage: () => RegistriesStage) =>
      describeRegistriesOf({ client, ways }, stage),
    pullAll: (stage: Stage) => pullAll(client, stage),
  })),
  ...[here, forky].map((machine) => ({
    title: `skopeo ${versionOf(machine, "skopeo")}`,
    obstacle: obstacleOf(missingOn(machine, ["usr/bin/skopeo"])),
    describe: (stage: () => Stage) => describeSkopeo(machine, stage),
    describeRegistries: (stage: () => RegistriesStage) =>
      describeRegistriesOfTool(skopeoInspector(machine), stage),
    pullAll: (stage: Stage) => copyAllBySkopeo(machine, stage),
  })),
  {
    title: "crane",
    obstacle: obstacleOf(missingOn(forky, ["usr/bin/crane"])),
    describe: (stage) => describeCrane(forky, stage),
    describeRegistries: (stage) => describeRegistriesOfTool(craneInspector(forky), stage),
    pullAll: (stage) => readAllByCrane(forky, stage),
  },
  {
    title: `oras ${versionOf(forky, "oras", "version")}`,
    obstacle: obstacleOf(missingOn(forky, ["usr/bin/oras"])),
    describe: (stage) => describeOras(forky, stage),
    describeRegistries: (stage) => describeRegistriesOfTool(orasInspector(forky), stage),
    pullAll: (stage) => copyAllByOras(forky, stage),
  },
];

/** All of them need the registry behind the mirror. */
function obstacleOf(missing: readonly string[]): string | null {
  if (!isRoot) return "needs root on Linux";
  const all = [...missing, ...missingOn(here, ["usr/bin/docker-registry", "usr/bin/openssl"])];
  return all.length === 0 ? null : `not installed: ${all.join(", ")}`;
}
