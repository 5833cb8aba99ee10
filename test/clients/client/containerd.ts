import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startDaemon } from "../machine/daemon.ts";
import { type Machine, missingOn, run } from "../machine/machine.ts";
import { versionOf } from "../machine/version.ts";
import { LOGIN } from "../stage.ts";
import { type Client, digestsIn, imageName, type Place, type Session } from "./client.ts";

/** Who pulls: `ctr` itself or, from containerd 2 on, the daemon's transfer service. */
export type Puller = "ctr" | "transfer service";

/** containerd, with a daemon of its own for each session. */
export function containerd(machine: Machine, puller: Puller): Client {
  const title = `containerd ${versionOf(machine, "containerd")} (${puller})`;
  const missing = missingOn(machine, ["usr/bin/containerd", "usr/bin/ctr"]);
  return { title, missing, open: (place) => open(machine, puller, place) };
}

async function open(machine: Machine, puller: Puller, place: Place): Promise<Session> {
  const { room, route } = place;
  const socket = join(room, "containerd.sock");
  const config = join(room, "config.toml");
  const hosts = join(room, "hosts");
  await writeFile(config, configToml(room));
  if (route === "for docker.io") {
    await mkdir(join(hosts, "docker.io"), { recursive: true });
    await writeFile(join(hosts, "docker.io/hosts.toml"), hostsToml(place));
  }
  const argv = ["containerd", "--config", config];
  const daemon = await startDaemon({ machine, work: room, argv, listens: { path: socket } });
  const ctr = (...args: string[]) =>
    run(machine, ["ctr", "--address", socket, "images", ...args], { work: room });
  const login = ["--user", `${LOGIN.user}:${LOGIN.password}`];
  const told = route === "for docker.io" ? ["--hosts-dir", hosts] : ["--plain-http"];
  const local = puller === "ctr" && (await offers(ctr, "--local")) ? ["--local"] : [];
  const flags = ["--snapshotter", "native", ...login, ...told, ...local];
  return {
    close: daemon.stop,
    async pull(repository, reference) {
      const name = imageName(place, repository, reference);
      await ctr("pull", ...flags, name);
      return { digests: digestsIn(await ctr("list", `name==${name}`)), config: null };
    },
  };
}

/** Whether this `ctr` leaves the choice between the pullers. */
async function offers(ctr: (...args: string[]) => Promise<string>, flag: string): Promise<boolean> {
  return (await ctr("pull", "--help")).includes(flag);
}

function configToml(room: string): string {
  return `version = 2
root = "${room}/root"
state = "${room}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${room}/containerd.sock"
[ttrpc]
  address = "${room}/containerd.sock.ttrpc"
[[plugins."io.containerd.transfer.v1.local".unpack_config]]
  platform = "linux"
  snapshotter = "native"
`;
}

function hostsToml({ host }: Place): string {
  return `server = "https://registry-1.docker.io"

[host."http://${host}"]
  capabilities = ["pull", "resolve"]
`;
}
