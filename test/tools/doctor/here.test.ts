import { describe, expect, test } from "vitest";
import { parseArguments } from "../../../tools/doctor/arguments.ts";
import type { Machine } from "../../../tools/doctor/here/machine.ts";
import { examineClients } from "../../../tools/doctor/run.ts";

const SECRET = "0123456789abcdef";
const MIRROR = `https://mirror.example.com/${SECRET}`;

/** What is on a machine: files by path, and what programs print by their command lines. */
interface Contents {
  readonly files?: Readonly<Record<string, string>>;
  readonly programs?: Readonly<Record<string, string>>;
}

function machineWith({ files = {}, programs = {} }: Contents): Machine {
  return {
    home: "/home/alice",
    read: (path) => files[path] ?? null,
    list: (path) =>
      Object.keys(files)
        .filter((file) => file.startsWith(`${path}/`))
        .map((file) => file.slice(path.length + 1).split("/")[0] ?? "")
        .sort(),
    run: (program, ...args) => programs[[program, ...args].join(" ")] ?? null,
  };
}

/** `check level: evidence → remedy` of each client. */
function examine(contents: Contents, mirror = MIRROR): string[] {
  const given = parseArguments(["--here", mirror], {});
  if (given === null) throw new Error("The arguments are invalid.");
  const { results, tally, notChecked } = examineClients(given, machineWith(contents));
  expect([tally.requests, notChecked]).toEqual([0, []]);
  return results.map(({ check, level, evidence, remedy }) => {
    return `${check} ${level}: ${evidence}${remedy === null ? "" : ` → ${remedy}`}`;
  });
}

const DAEMON = "/etc/docker/daemon.json";
const daemonJson = (...mirrors: string[]) => JSON.stringify({ "registry-mirrors": mirrors });
const dockerWith = (...mirrors: string[]) => ({
  "docker --version": "Docker version 28.5.2",
  "docker info --format {{json .RegistryConfig}}": JSON.stringify({ Mirrors: mirrors }),
});

describe("Docker", () => {
  test("that uses the mirror is ok, whatever slash is at the end", () => {
    expect(examine({ programs: dockerWith(`${MIRROR}/`) })).toEqual([
      "docker ok: docker info has the mirror",
    ]);
  });

  test("that asks another mirror first is a warning", () => {
    expect(examine({ programs: dockerWith("https://other.example/", `${MIRROR}/`) })).toEqual([
      expect.stringMatching(/^docker warning: .* another mirror before this one → .*first/),
    ]);
  });

  test.each([DAEMON, "/home/alice/.config/docker/daemon.json"])(
    "that has not read %s again is a failure",
    (path) => {
      const files = { [path]: daemonJson(MIRROR) };
      expect(examine({ files, programs: dockerWith() })).toEqual([
        expect.stringMatching(
          new RegExp(`^docker failure: ${path} has the mirror, .* → sudo systemctl restart docker`),
        ),
      ]);
    },
  );

  test("that has another path secret is a failure, without either secret", () => {
    const others = dockerWith("https://mirror.example.com/fedcba9876543210/");
    expect(examine({ programs: others })).toEqual([
      expect.stringMatching(/^docker failure: .* another path → correct the path secret/),
    ]);
  });

  test("without the mirror is a warning, and the secret is hidden", () => {
    expect(examine({ programs: dockerWith() })).toEqual([
      expect.stringMatching(
        /^docker warning: Docker does not use the mirror → add "registry-mirrors": \["https:\/\/mirror\.example\.com\/…"\]/,
      ),
    ]);
  });

  test("that is Podman under Docker's name is none", () => {
    const programs = { "docker --version": "podman version 5.4.2" };
    expect(examine({ programs })).toEqual([expect.stringMatching(/^clients failure: /)]);
  });

  test("with a daemon.json that is not JSON is a failure", () => {
    expect(examine({ files: { [DAEMON]: "{,}" }, programs: dockerWith() })).toEqual([
      expect.stringMatching(/^docker failure: \/etc\/docker\/daemon\.json is not a JSON object/),
    ]);
  });

  test("that does not answer is judged by its file", () => {
    expect(examine({ files: { [DAEMON]: daemonJson(MIRROR) } })).toEqual([
      expect.stringMatching(/^docker warning: .* has the mirror; docker info does not answer/),
    ]);
    expect(examine({ files: { [DAEMON]: daemonJson() } })).toEqual([
      expect.stringMatching(/^docker warning: no daemon\.json has the mirror/),
    ]);
  });
});

const CONFIG = "/etc/containerd/config.toml";
const HOSTS = "/etc/containerd/certs.d/docker.io/hosts.toml";
const hostsToml = (mirror: string) =>
  `server = "https://registry-1.docker.io"\n[host."${mirror}"]\ncapabilities = ["pull", "resolve"]\n`;
const configToml = (plugin: string, path: string) =>
  `version = 3\n[plugins."${plugin}".registry]\nconfig_path = "${path}"\n`;

describe("containerd", () => {
  test.each(["io.containerd.cri.v1.images", "io.containerd.grpc.v1.cri"])(
    "whose %s reads a hosts.toml with the mirror is ok",
    (plugin) => {
      const files = {
        [CONFIG]: configToml(plugin, "/etc/containerd/certs.d:/etc/docker/certs.d"),
        [HOSTS]: hostsToml(`${MIRROR}/v2`),
      };
      expect(examine({ files })).toEqual([`containerd ok: ${HOSTS} has the mirror`]);
    },
  );

  test("whose config.toml sets no config_path is a warning", () => {
    const files = { [CONFIG]: "version = 2\n", [HOSTS]: hostsToml(MIRROR) };
    expect(examine({ files })).toEqual([
      expect.stringMatching(
        /^containerd warning: .* has no config_path → set config_path .*grpc\.v1\.cri/,
      ),
    ]);
  });

  test("whose programs and files differ is judged by what it makes of its files", () => {
    const dump =
      "version = 3\n[plugins.'io.containerd.cri.v1.images'.registry]\nconfig_path = ''\n";
    const programs = { "containerd config dump": dump };
    const files = {
      [CONFIG]: configToml("io.containerd.grpc.v1.cri", "/etc/containerd/certs.d"),
      [HOSTS]: hostsToml(MIRROR),
    };
    expect(examine({ files, programs })).toEqual([
      expect.stringMatching(/^containerd warning: .* has no config_path → .*cri\.v1\.images/),
    ]);
  });

  test("of Docker is left out, unless it has hosts of its own", () => {
    const programs = { ...dockerWith(MIRROR), "containerd config dump": "version = 2\n" };
    const docker = "docker ok: docker info has the mirror";
    expect(examine({ programs })).toEqual([docker]);
    expect(examine({ programs: { "containerd config dump": "version = 2\n" } })).toEqual([
      expect.stringMatching(/^containerd warning: containerd does not use the mirror/),
    ]);
    expect(examine({ programs, files: { [HOSTS]: hostsToml(MIRROR) } })).toEqual([
      docker,
      expect.stringMatching(/^containerd warning: .* has no config_path/),
    ]);
  });

  test("without a hosts.toml, with another one and with a wrong path are told apart", () => {
    const config = configToml("io.containerd.grpc.v1.cri", "/etc/containerd/certs.d");
    expect(examine({ files: { [CONFIG]: config } })).toEqual([
      expect.stringMatching(/^containerd warning: containerd does not use the mirror/),
    ]);
    expect(
      examine({ files: { [CONFIG]: config, [HOSTS]: hostsToml("https://o.example") } }),
    ).toEqual([expect.stringMatching(/^containerd warning: .* does not have the mirror/)]);
    const wrong = hostsToml("https://mirror.example.com");
    expect(examine({ files: { [CONFIG]: config, [HOSTS]: wrong } })).toEqual([
      expect.stringMatching(/^containerd failure: .* another path/),
    ]);
  });

  test("with a file that is not TOML is a failure", () => {
    expect(examine({ files: { [CONFIG]: "= 1" } })).toEqual([
      expect.stringMatching(/^containerd failure: .*config\.toml is not TOML/),
    ]);
  });
});

const REGISTRIES = "/etc/containers/registries.conf";
const registriesConf = (mirror: string, name = "docker.io") =>
  `[[registry]]\nprefix = "${name}"\nlocation = "${name}"\n[[registry.mirror]]\nlocation = "${mirror}"\n`;

describe("Podman", () => {
  test.each([
    REGISTRIES,
    `${REGISTRIES}.d/mirror.conf`,
    "/home/alice/.config/containers/registries.conf",
  ])("with the mirror in %s is ok", (path) => {
    const files = { [path]: registriesConf(`mirror.example.com/${SECRET}`) };
    expect(examine({ files })).toEqual([`podman ok: ${path} has the mirror`]);
  });

  test("ignores the system's file if the user has one", () => {
    const files = {
      [REGISTRIES]: registriesConf(`mirror.example.com/${SECRET}`),
      "/home/alice/.config/containers/registries.conf": "",
    };
    expect(examine({ files })).toEqual([
      expect.stringMatching(/^podman warning: Podman does not use the mirror/),
    ]);
  });

  test("with the mirror for another registry only does not use it for docker.io", () => {
    const files = { [REGISTRIES]: registriesConf(`mirror.example.com/${SECRET}`, "quay.io") };
    expect(examine({ files })).toEqual([expect.stringMatching(/^podman warning: /)]);
  });
});

test.each(["k3s", "rke2"])("registries.yaml of %s is read, without its comments", (name) => {
  const path = `/etc/rancher/${name}/registries.yaml`;
  const yaml = (endpoint: string) => `mirrors:\n  docker.io:\n    endpoint:\n      ${endpoint}\n`;
  expect(examine({ files: { [path]: yaml(`- "${MIRROR}"`) } })).toEqual([
    `k3s ok: ${path} has the mirror`,
  ]);
  expect(examine({ files: { [path]: yaml(`# - "${MIRROR}"`) } })).toEqual([
    expect.stringMatching(/^k3s warning: .* does not have the mirror/),
  ]);
});

test("a machine without any client is a failure", () => {
  expect(examine({})).toEqual([
    "clients failure: no configuration of Docker, containerd, Podman or k3s → run this on the machine that pulls",
  ]);
});
