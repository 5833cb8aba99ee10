import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, digestsIn, imageName, type Place, type Session } from "./client.ts";
import { type Machine, missingOn, run, startDaemon, versionOf } from "./machine.ts";

/** The image store of dockerd: its own graph drivers, or containerd. */
export type DockerStore = "graph" | "containerd";

const PROGRAMS = ["usr/bin/docker", "usr/sbin/dockerd", "usr/bin/containerd"];

/** Docker, with a daemon of its own for each session. */
export function docker(machine: Machine, store: DockerStore): Client {
  const title = `docker ${versionOf(machine, "docker")} with the ${store} store`;
  const missing = missingOn(machine, PROGRAMS);
  return { title, missing, open: (place) => openDocker(machine, store, place) };
}

/** A session that also runs the commands of the client, at its daemon. */
export interface DockerSession extends Session {
  docker(...args: readonly string[]): Promise<string>;
}

/** Starts a daemon with an empty store. */
export async function openDocker(
  machine: Machine,
  store: DockerStore,
  place: Place,
): Promise<DockerSession> {
  const { home } = place;
  const socket = join(home, "docker.sock");
  const config = join(home, "daemon.json");
  await mkdir(join(home, "tmp"));
  await writeFile(config, JSON.stringify(daemonJson(store, place)));
  const files = ["--data-root", `${home}/data`, "--exec-root", `${home}/exec`];
  const argv = ["dockerd", "--config-file", config, "-H", `unix://${socket}`, ...files];
  const pidFile = ["--pidfile", `${home}/docker.pid`];
  const listens = { path: socket };
  const all = [...argv, ...pidFile, ...NO_NETWORK];
  const daemon = await startDaemon({ machine, work: home, argv: all, listens });
  const docker = (...args: readonly string[]) =>
    run(machine, ["docker", "-H", `unix://${socket}`, ...args], {
      work: home,
      timeoutMs: COMMAND_MS,
    });
  return {
    docker,
    close: daemon.stop,
    async pull(repository, reference) {
      // With a configured mirror, users type the name without docker.io/library.
      const name = imageName(place, repository, reference).replace(/^docker\.io\/(library\/)?/, "");
      await docker("pull", name);
      const printed = await docker(
        "image",
        "inspect",
        name,
        "--format",
        "{{.Id}} {{.RepoDigests}}",
      );
      const [id = "", ...digests] = printed.split(" ");
      return { digests: digestsIn(digests.join()), config: store === "graph" ? id : null };
    },
  };
}

/** Compose pulls many images at once, on a busy machine. */
const COMMAND_MS = 120_000;

const NO_NETWORK = ["--iptables=false", "--ip6tables=false", "--bridge=none"];

function daemonJson(store: DockerStore, { host, route, otherHosts = [] }: Place): object {
  const mirrors = route === "for docker.io" ? [`http://${host}`] : [];
  const isContainerd = store === "containerd";
  // Docker 20.10 builds without BuildKit unless its daemon says so.
  const features = { buildkit: true, ...(isContainerd && { "containerd-snapshotter": true }) };
  return {
    features,
    "registry-mirrors": mirrors,
    "insecure-registries": otherHosts,
    // Neither needs a filesystem that supports overlayfs.
    "storage-driver": isContainerd ? "native" : "vfs",
  };
}
