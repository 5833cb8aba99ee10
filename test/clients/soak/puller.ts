import type { Random } from "../../load/random.ts";
import type { Client, Session, Stored } from "../client/client.ts";
import { containerd } from "../client/containerd.ts";
import { docker } from "../client/docker.ts";
import { podman } from "../client/podman.ts";
import { forky, here } from "../machine/machine.ts";
import type { Stage } from "../stage.ts";

/** A client that starts now and then from an empty store. */
export interface Puller {
  readonly title: string;
  /** Programs that it lacks here; none if it can be run. */
  readonly missing: readonly string[];
  pull(repository: string, tag: string): Promise<Stored>;
  close(): Promise<void>;
}

/** How often a store is thrown away before a pull. */
const EMPTIED = 0.15;

/** The oldest and the newest that the two Debian releases have of each. */
export function createPullers(stage: () => Stage, random: Random): Puller[] {
  const clients = [
    docker(here, "graph"),
    docker(forky, "containerd"),
    containerd(here, "ctr"),
    containerd(forky, "transfer service"),
    podman(here),
    podman(forky),
  ];
  return clients.map((client) => createPuller(client, stage, random));
}

function createPuller(client: Client, stage: () => Stage, random: Random): Puller {
  let session: Session | null = null;
  const close = async () => {
    await session?.close();
    session = null;
  };
  return {
    title: client.title,
    missing: client.missing,
    close,
    async pull(repository, tag) {
      const isEmptied = random.happens(EMPTIED);
      const route = random.happens(0.5) ? "by name" : "for docker.io";
      if (isEmptied) await close();
      session ??= await client.open({ room: await stage().room(), host: stage().host, route });
      return session.pull(repository, tag);
    },
  };
}
