import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, digestsIn, imageName, MIRRORED, type Place, type Session } from "./client.ts";
import { type Machine, missingOn, run, startDaemon, versionOf } from "./machine.ts";
import { LOGIN } from "./setup.ts";

/** The component that pulls: `ctr` itself or, since containerd 2, the daemon's transfer service. */
export type Puller = "ctr" | "transfer service";

/** containerd, with a daemon of its own for each session. */
export function containerd(machine: Machine, puller: Puller): Client {
  const title = `containerd ${versionOf(machine, "containerd")} (${puller})`;
  const missing = missingOn(machine, ["usr/bin/containerd", "usr/bin/ctr"]);
  return { title, missing, open: (place) => open(machine, puller, place) };
}

async function open(machine: Machine, puller: Puller, place: Place): Promise<Session> {
  const { home, route } = place;
  const socket = join(home, "containerd.sock");
  const config = join(home, "config.toml");
  const hosts = join(home, "hosts");
  await writeFile(config, configToml(home));
  for (const [registry, toml] of hostsTomls(place)) {
    await mkdir(join(hosts, registry), { recursive: true });
    await writeFile(join(hosts, registry, "hosts.toml"), toml);
  }
  const argv = ["containerd", "--config", config];
  const daemon = await startDaemon({ machine, work: home, argv, listens: { path: socket } });
  const ctr = (...args: string[]) =>
    run(machine, ["ctr", "--address", socket, "images", ...args], { work: home });
  const { login: account = LOGIN } = place;
  const login = account === null ? [] : ["--user", `${account.user}:${account.password}`];
  const hostFlags = route === "by name" ? ["--plain-http"] : ["--hosts-dir", hosts];
  const local = puller === "ctr" && (await offers(ctr, "--local")) ? ["--local"] : [];
  const flags = ["--snapshotter", "native", ...login, ...hostFlags, ...local];
  return {
    close: daemon.stop,
    async pull(repository, reference) {
      const name = imageName(place, repository, reference);
      await ctr("pull", ...flags, name);
      return { digests: digestsIn(await ctr("list", `name==${name}`)), config: null };
    },
  };
}

/** Whether this `ctr` has the option. */
async function offers(ctr: (...args: string[]) => Promise<string>, flag: string): Promise<boolean> {
  return (await ctr("pull", "--help")).includes(flag);
}

function configToml(home: string): string {
  return `version = 2
root = "${home}/root"
state = "${home}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${home}/containerd.sock"
[ttrpc]
  address = "${home}/containerd.sock.ttrpc"
[[plugins."io.containerd.transfer.v1.local".unpack_config]]
  platform = "linux"
  snapshotter = "native"
`;
}

/** The contents of `hosts.toml`, by its directory. */
function hostsTomls({ host, route, otherHosts = [] }: Place): ReadonlyMap<string, string> {
  if (route === "by name") return new Map();
  const docker = ["docker.io", hostsToml("https://registry-1.docker.io", host)] as const;
  if (route === "for docker.io") return new Map([docker]);
  return new Map([
    ...MIRRORED.map((name) => [name, hostsToml(`https://${name}`, host)] as const),
    ...[host, ...otherHosts].map((one) => [one, hostsToml(`http://${one}`, one)] as const),
    docker,
  ]);
}

function hostsToml(server: string, mirror: string): string {
  return `server = "${server}"

[host."http://${mirror}"]
  capabilities = ["pull", "resolve"]
`;
}
