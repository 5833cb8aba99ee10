import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startDaemon } from "../machine/daemon.ts";
import { type Machine, missingOn, run } from "../machine/machine.ts";
import { versionOf } from "../machine/version.ts";
import { type Client, digestsIn, imageName, type Place, type Session } from "./client.ts";

/** Where dockerd keeps images: its own graph drivers, or containerd. */
export type DockerStore = "graph" | "containerd";

const PROGRAMS = ["usr/bin/docker", "usr/sbin/dockerd", "usr/bin/containerd"];

/** Docker, with a daemon of its own for each session. */
export function docker(machine: Machine, store: DockerStore): Client {
  const title = `docker ${versionOf(machine, "docker")} with the ${store} store`;
  const missing = missingOn(machine, PROGRAMS);
  return { title, missing, open: (place) => open(machine, store, place) };
}

async function open(machine: Machine, store: DockerStore, place: Place): Promise<Session> {
  const { room } = place;
  const socket = join(room, "docker.sock");
  const config = join(room, "daemon.json");
  await mkdir(join(room, "tmp"));
  await writeFile(config, JSON.stringify(daemonJson(store, place)));
  const files = ["--data-root", `${room}/data`, "--exec-root", `${room}/exec`];
  const argv = ["dockerd", "--config-file", config, "-H", `unix://${socket}`, ...files];
  const pidFile = ["--pidfile", `${room}/docker.pid`];
  const listens = { path: socket };
  const all = [...argv, ...pidFile, ...NO_NETWORK];
  const daemon = await startDaemon({ machine, work: room, argv: all, listens });
  const docker = (...args: string[]) =>
    run(machine, ["docker", "-H", `unix://${socket}`, ...args], { work: room });
  return {
    close: daemon.stop,
    async pull(repository, reference) {
      // As a user types it who has configured a mirror: without docker.io/library.
      const name = imageName(place, repository, reference).replace(/^docker\.io\/(library\/)?/, "");
      await docker("pull", name);
      const told = await docker("image", "inspect", name, "--format", "{{.Id}} {{.RepoDigests}}");
      const [id = "", ...digests] = told.split(" ");
      return { digests: digestsIn(digests.join()), config: store === "graph" ? id : null };
    },
  };
}

const NO_NETWORK = ["--iptables=false", "--ip6tables=false", "--bridge=none"];

function daemonJson(store: DockerStore, { host, route, otherHosts = [] }: Place): object {
  const mirrors = route === "for docker.io" ? [`http://${host}`] : [];
  const isContainerd = store === "containerd";
  return {
    "registry-mirrors": mirrors,
    "insecure-registries": otherHosts,
    // Neither needs a filesystem that overlayfs can be put on.
    "storage-driver": isContainerd ? "native" : "vfs",
    ...(isContainerd && { features: { "containerd-snapshotter": true } }),
  };
}
