import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, imageName, type Place, type Route } from "./client.ts";
import { containerd } from "./containerd.ts";
import { type DockerSession, type DockerStore, docker, openDocker } from "./docker.ts";
import type { LockedImage } from "./locks.ts";
import { forky, here, type Machine, missingOn, run, startDaemon, versionOf } from "./machine.ts";
import { podman, registriesConf } from "./podman.ts";
import { crane, openTool, oras, skopeo, type Tool } from "./tools.ts";
import { freePort } from "./upstream.ts";

/** A use of a client that logs in, or asks for tokens, in a way of its own. */
export interface Use {
  readonly title: string;
  /** The row of the table in docs/access.md. */
  readonly row: string;
  /** The programs that it needs and this machine does not have. */
  readonly missing: readonly string[];
  readonly route: Route;
  /** @returns output of the client with one of the image's marks. */
  pull(place: Place, image: LockedImage): Promise<string>;
}

const TAG = "1";
const PLUGINS = "usr/libexec/docker/cli-plugins";

/** Rows of the table. */
const DOCKER = "Docker by host name: pull, build, Compose, imagetools";
const CONTAINERD = "containerd";
const PODMAN = "Podman, Buildah, skopeo, CRI-O";

/** Every client, in the versions of two Debian releases. */
export const USES: readonly Use[] = [
  ...routesOf(docker(here, "graph"), DOCKER, "`registry-mirrors`, Docker 24 and older"),
  ...routesOf(docker(forky, "graph"), DOCKER, "`registry-mirrors`, classic image store"),
  ...routesOf(docker(forky, "containerd"), DOCKER, "`registry-mirrors`, containerd image store"),
  build(here, "graph"),
  build(forky, "graph"),
  build(forky, "containerd"),
  compose(forky, "graph"),
  imagetools(forky),
  manifestInspect(here, "`docker manifest inspect` of Docker 20.10"),
  manifestInspect(forky, DOCKER),
  ...routesOf(containerd(here, "ctr"), CONTAINERD, CONTAINERD),
  ...routesOf(containerd(forky, "transfer service"), CONTAINERD, CONTAINERD),
  ...routesOf(podman(here), PODMAN, PODMAN),
  ...routesOf(podman(forky), PODMAN, PODMAN),
  buildah(forky),
  ...toolUses(skopeo(here), PODMAN),
  ...toolUses(skopeo(forky), PODMAN),
  ...toolUses(crane(forky), "crane, cosign"),
  command(forky, "cosign", "crane, cosign", (name) => [
    "triangulate",
    "--type",
    "digest",
    "--allow-http-registry",
    name,
  ]),
  ...toolUses(oras(forky), "oras, notation"),
  command(forky, "notation", "oras, notation", (name) => ["ls", "--insecure-registry", name]),
  registry(here),
];

/** A client that keeps images, by host name and as a mirror of Docker Hub. */
function routesOf(client: Client, byName: string, asMirror: string): Use[] {
  const routes = [
    ["by name", byName],
    ["for docker.io", asMirror],
  ] as const;
  return routes.map(([route, row]) => ({
    ...{ title: `${client.title}, ${route}`, row, missing: client.missing, route },
    async pull(place, { repository }) {
      const session = await client.open(place);
      const stored = await session.pull(repository, TAG).finally(session.close);
      return stored.digests.join();
    },
  }));
}

/** Commands at a daemon of Docker. */
function dockerUse(
  machine: Machine,
  store: DockerStore,
  subject: string,
  act: (session: DockerSession, name: string, home: string) => Promise<string>,
): Use {
  const { title, missing } = docker(machine, store);
  return {
    ...{ title: `${title}, ${subject}`, row: DOCKER, missing, route: "by name" },
    async pull(place, image) {
      const session = await openDocker(machine, store, place);
      return act(session, nameOf(place, image), place.home).finally(session.close);
    },
  };
}

/** With BuildKit. */
function build(machine: Machine, store: DockerStore): Use {
  return dockerUse(machine, store, "build", async ({ docker }, name, home) => {
    const dockerfile = join(home, "Dockerfile");
    await writeFile(dockerfile, `FROM ${name}\nCOPY Dockerfile /\n`);
    await docker("build", "--tag", "built", "--file", dockerfile, home);
    return docker("image", "inspect", "built");
  });
}

function compose(machine: Machine, store: DockerStore): Use {
  return dockerUse(machine, store, "compose", async ({ docker }, name, home) => {
    const file = join(home, "compose.json");
    await writeFile(file, JSON.stringify({ services: { app: { image: name } } }));
    await docker("compose", "--file", file, "pull");
    return docker("image", "inspect", name);
  });
}

function imagetools(machine: Machine): Use {
  const use = command(machine, "docker", DOCKER, (name) => [
    "buildx",
    "imagetools",
    "inspect",
    name,
  ]);
  const missing = [...use.missing, ...missingOn(machine, [`${PLUGINS}/docker-buildx`])];
  return { ...use, title: `${use.title} buildx imagetools`, missing };
}

function manifestInspect(machine: Machine, row: string): Use {
  const args = (name: string) => ["manifest", "inspect", "--insecure", name];
  const use = command(machine, "docker", row, args);
  return { ...use, title: `${use.title} manifest inspect` };
}

/** A command that needs no daemon. */
function command(
  machine: Machine,
  program: string,
  row: string,
  args: (name: string) => readonly string[],
): Use {
  return {
    ...{ title: `${program} ${versionOf(machine, program)}`, row, route: "by name" },
    missing: missingOn(machine, [`usr/bin/${program}`]),
    pull: (place, image) =>
      run(machine, [program, ...args(nameOf(place, image))], { work: place.home }),
  };
}

function buildah(machine: Machine): Use {
  const use = command(machine, "buildah", PODMAN, () => []);
  return {
    ...use,
    async pull(place, image) {
      const { home } = place;
      const conf = join(home, "registries.conf");
      await writeFile(conf, registriesConf(place));
      const env = {
        CONTAINERS_REGISTRIES_CONF: conf,
        REGISTRY_AUTH_FILE: join(home, ".docker/config.json"),
      };
      const store = ["--root", `${home}/root`, "--runroot", `${home}/runroot`];
      const argv = ["buildah", ...store, "--storage-driver", "vfs"];
      await run(machine, [...argv, "pull", nameOf(place, image)], { work: home, env });
      return run(machine, [...argv, "images", "--digests"], { work: home, env });
    },
  };
}

function toolUses(tool: Tool, row: string): Use[] {
  const { machine, program, routes, digestOf, copy } = tool;
  return routes.map((route) => ({
    ...{ title: `${program} ${versionOf(machine, program)}, ${route}`, row, route },
    missing: missingOn(machine, [`usr/bin/${program}`]),
    async pull(place, image) {
      const runTool = await openTool(tool, place);
      const name = nameOf(place, image);
      await runTool(...copy(name, join(place.home, "copy")));
      return runTool(...digestOf(name));
    },
  }));
}

/** Debian's docker-registry as a cache of the mirror. */
function registry(machine: Machine): Use {
  const program = "usr/bin/docker-registry";
  return {
    ...{ title: "docker-registry as a cache", row: "registry:2 as a cache of the mirror" },
    ...{ missing: missingOn(machine, [program]), route: "by name" },
    async pull(place, { repository }) {
      const port = await freePort();
      const work = place.home;
      const file = join(work, "config.json");
      await writeFile(file, JSON.stringify(registryConfig(place, port)));
      const argv = ["docker-registry", "serve", file];
      const daemon = await startDaemon({ machine, work, argv, listens: { port } });
      try {
        return await readFrom(`http://127.0.0.1:${port}/v2/${repository}`);
      } finally {
        await daemon.stop();
      }
    },
  };
}

function registryConfig({ home, host, login = null }: Place, port: number): object {
  // It drops the last component of a path that does not end with a slash.
  const remoteurl = host.includes("/") ? `http://${host}/` : `http://${host}`;
  const account = login && { username: login.user, password: login.password };
  return {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(home, "registry") } },
    http: { addr: `127.0.0.1:${port}`, secret: "one instance" },
    proxy: { remoteurl, ...account },
  };
}

/** Reads a manifest and its first layer. */
async function readFrom(repository: string): Promise<string> {
  const accept = "application/vnd.docker.distribution.manifest.v2+json";
  const read = async (path: string) => {
    const response = await fetch(`${repository}/${path}`, { headers: { accept } });
    const text = await response.text();
    if (response.ok) return { response, text };
    throw new Error(`${path}: ${response.status} ${text}`);
  };
  const { response, text } = await read(`manifests/${TAG}`);
  await read(`blobs/${JSON.parse(text).layers[0].digest}`);
  return response.headers.get("docker-content-digest") ?? "";
}

function nameOf(place: Place, { repository }: LockedImage): string {
  return imageName(place, repository, TAG);
}
