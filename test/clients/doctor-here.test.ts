import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseArguments } from "../../tools/doctor/arguments.ts";
import {
  here as doctorsMachine,
  type Machine as Examined,
} from "../../tools/doctor/here/machine.ts";
import { examineClients } from "../../tools/doctor/run.ts";
import { openDocker } from "./docker.ts";
import { contained, environment, forky, here, isRoot, missingOn } from "./machine.ts";

const PROGRAMS = ["usr/bin/docker", "usr/sbin/dockerd", "usr/bin/containerd"];
// Docker 20.10 accepts no path in registry-mirrors.
const MACHINES = [
  { machine: here, host: "localhost:5000", plugin: "io.containerd.grpc.v1.cri" },
  {
    machine: forky,
    host: "localhost:5000/0123456789abcdef",
    plugin: "io.containerd.cri.v1.images",
  },
].map((one) => ({ ...one, missing: missingOn(one.machine, PROGRAMS) }));

test.runIf(process.env.SAMPAN_REQUIRE_CLIENTS)("Docker and containerd are installed", () => {
  expect(MACHINES.flatMap(({ missing }) => missing)).toEqual([]);
});

describe.each(MACHINES)("on $machine.name", ({ machine, host, plugin, missing }) => {
  describe.skipIf(!isRoot || missing.length > 0)(`the doctor ${missing.join(", ")}`, () => {
    let home: string;
    beforeAll(async () => {
      home = await mkdtemp(join(tmpdir(), "sampan-here-"));
    });
    afterAll(() => rm(home, { recursive: true, maxRetries: 5, retryDelay: 200 }));

    /** @returns what the doctor reports with these files below /etc: `check level: evidence`. */
    async function examine(files: Readonly<Record<string, string>> = {}): Promise<string[]> {
      await rm(join(home, "etc"), { recursive: true, force: true });
      await mkdir(join(home, "etc"));
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(home, name)), { recursive: true });
        await writeFile(join(home, name), text);
      }
      const given = parseArguments(["--here", `http://${host}`], {});
      if (given === null) throw new Error("The arguments are invalid.");
      const { results } = examineClients(given, examined);
      return results.map(({ check, level, evidence }) => `${check} ${level}: ${evidence}`);
    }

    /** The files of `home`, and the programs of the machine with them. */
    const examined: Examined = {
      home: "/root",
      read: (path) => doctorsMachine.read(join(home, path)),
      list: (path) => doctorsMachine.list(join(home, path)),
      run(program, ...args) {
        const [file = "", ...rest] = contained(machine, home, [program, ...args]);
        const env = { ...environment(home), DOCKER_HOST: `unix://${home}/daemon/docker.sock` };
        const { status, stdout } = spawnSync(file, rest, { env, encoding: "utf8" });
        return status === 0 ? stdout : null;
      },
    };

    async function withDaemon(route: "by name" | "for docker.io", work: () => Promise<void>) {
      const daemonHome = join(home, "daemon");
      await mkdir(daemonHome);
      const daemon = await openDocker(machine, "graph", { home: daemonHome, host, route });
      try {
        await work();
      } finally {
        await daemon.close();
        await rm(daemonHome, { recursive: true, maxRetries: 5, retryDelay: 200 });
      }
    }

    const daemonJson = { "etc/docker/daemon.json": `{ "registry-mirrors": ["http://${host}/"] }` };

    test("sees a running Docker with the mirror, and not its containerd", async () => {
      const files = { ...daemonJson, "etc/containerd/config.toml": 'disabled_plugins = ["cri"]\n' };
      await withDaemon("for docker.io", async () => {
        expect(await examine(files)).toEqual(["docker ok: docker info has the mirror"]);
      });
    });

    test("sees a running Docker without it, and one that has not been restarted", async () => {
      await withDaemon("by name", async () => {
        expect(await examine()).toEqual(["docker warning: Docker does not use the mirror"]);
        expect(await examine(daemonJson)).toEqual([
          "docker failure: /etc/docker/daemon.json has the mirror, the running Docker does not",
        ]);
      });
    });

    test("sees a Docker that is not running", async () => {
      expect(await examine(daemonJson)).toEqual([
        "docker warning: /etc/docker/daemon.json has the mirror; docker info does not answer",
      ]);
    });

    test("sees whether containerd reads the file with the mirror", async () => {
      const directory = "/etc/containerd/certs.d";
      const containerd = async (config: string) => {
        const mirror = `[host."http://${host}"]\ncapabilities = ["pull", "resolve"]\n`;
        const files = { "etc/containerd/certs.d/docker.io/hosts.toml": mirror };
        return (await examine({ ...files, "etc/containerd/config.toml": config })).slice(1);
      };
      const toml = (version: number, name: string, path: string) =>
        `version = ${version}\n[plugins."${name}".registry]\nconfig_path = "${path}"\n`;
      const version = machine === forky ? 3 : 2;

      expect(await containerd(toml(version, plugin, directory))).toEqual([
        `containerd ok: ${directory}/docker.io/hosts.toml has the mirror`,
      ]);
      expect(await containerd(toml(version, plugin, "/etc/containerd/other"))).toEqual([
        "containerd warning: containerd does not use the mirror for docker.io",
      ]);
      const other = MACHINES.find((one) => one.plugin !== plugin)?.plugin ?? "";
      for (const ignored of [toml(version, other, directory), `version = ${version}\n`]) {
        expect(await containerd(ignored)).toEqual([
          `containerd warning: ${directory}/docker.io/hosts.toml has the mirror, but containerd has no config_path`,
        ]);
      }
    });
  });
});
