import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, digestsIn, imageName, MIRRORED, type Place, type Session } from "./client.ts";
import { type Machine, missingOn, run, versionOf } from "./machine.ts";

/** Podman, which needs no daemon. */
export function podman(machine: Machine): Client {
  const title = `podman ${versionOf(machine, "podman")}`;
  return {
    title,
    missing: missingOn(machine, ["usr/bin/podman"]),
    open: (at) => open(machine, at),
  };
}

async function open(machine: Machine, place: Place): Promise<Session> {
  const { home } = place;
  const conf = join(home, "registries.conf");
  await writeFile(conf, registriesConf(place));
  const env = {
    CONTAINERS_REGISTRIES_CONF: conf,
    REGISTRY_AUTH_FILE: join(home, ".docker/config.json"),
  };
  const store = ["--root", `${home}/root`, "--runroot", `${home}/runroot`];
  const podman = (...args: string[]) =>
    run(machine, ["podman", ...store, "--storage-driver", "vfs", ...args], { work: home, env });
  return {
    close: async () => {},
    async pull(repository, reference) {
      const name = imageName(place, repository, reference);
      await podman("pull", "--quiet", name);
      const printed = await podman(
        "image",
        "inspect",
        name,
        "--format",
        "{{.Id}} {{.RepoDigests}}",
      );
      const [id, ...digests] = printed.split(" ");
      return { digests: digestsIn(digests.join()), config: `sha256:${id}` };
    },
  };
}

/** The file in which podman, skopeo and CRI-O find the mirror. */
export function registriesConf({ host, route, otherHosts = [] }: Omit<Place, "home">): string {
  if (route === "by name") return insecure(host);
  if (route === "for docker.io") return mirrored("docker.io", host);
  return [
    ...MIRRORED.map((name) => mirrored(name, `${host}/${name}`)),
    ...[host, ...otherHosts].map(insecure),
  ].join("\n");
}

function insecure(host: string): string {
  return `[[registry]]\nlocation = "${host}"\ninsecure = true\n`;
}

function mirrored(registry: string, mirror: string): string {
  return `[[registry]]
prefix = "${registry}"
location = "${registry}"

[[registry.mirror]]
location = "${mirror}"
insecure = true
`;
}
