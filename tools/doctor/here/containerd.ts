import type { Target } from "../arguments.ts";
import { type Finding, failure, ok, warning } from "../check.ts";
import { hasDocker } from "./docker.ts";
import type { Machine } from "./machine.ts";
import { matchMirror, otherPath } from "./mirror.ts";
import { parseToml, tableIn } from "./toml.ts";

const CONFIG = "/etc/containerd/config.toml";
const DEFAULT_DIRECTORY = "/etc/containerd/certs.d";
/** The plugins that have `registry.config_path`: since containerd 2, and before. */
const [PLUGIN, FORMER_PLUGIN] = ["io.containerd.cri.v1.images", "io.containerd.grpc.v1.cri"];

/**
 * containerd as Kubernetes uses it: its configuration names a directory, whose `hosts.toml` for
 * docker.io names the mirror.
 *
 * @returns null if there is no containerd, or only Docker's.
 */
export function inspectContainerd(machine: Machine, target: Target): Finding | null {
  // What containerd makes of its files: it ignores a plugin of another version.
  const text = machine.run("containerd", "config", "dump") ?? machine.read(CONFIG);
  const isEmpty = machine.list(DEFAULT_DIRECTORY).length === 0;
  if (text === null && isEmpty) return null;
  const config = parseToml(text ?? "");
  if (config === null) {
    const remedy =
      "correct it: containerd does not start with it. Then sudo systemctl restart containerd";
    return failure(`${CONFIG} is not TOML`, remedy);
  }
  const paths = [PLUGIN, FORMER_PLUGIN].map(
    (name) => tableIn(config, "plugins", name, "registry").config_path,
  );
  const path = paths.find((one) => typeof one === "string" && one !== "") ?? null;
  if (path === null && isEmpty && hasDocker(machine)) return null;
  const directories = typeof path === "string" ? path.split(":") : [DEFAULT_DIRECTORY];
  const found = hostsFile(machine, directories);
  if (found === null) {
    return warning(
      "containerd does not use the mirror for docker.io",
      `write ${directories[0]}/docker.io/hosts.toml as the mirror's home page shows (Kubernetes)`,
    );
  }
  const hosts = parseToml(found.text);
  if (hosts === null) return failure(`${found.file} is not TOML`, "correct it: pulls fail with it");
  switch (matchMirror(Object.keys(tableIn(hosts, "host")), target)) {
    case "none":
      return warning(
        `${found.file} does not have the mirror`,
        "add it as the mirror's home page shows (Kubernetes)",
      );
    case "other path":
      return otherPath(found.file);
    case "same": {
      if (path !== null) return ok(`${found.file} has the mirror`);
      const plugin = Number(config.version) > 2 ? PLUGIN : FORMER_PLUGIN;
      return warning(
        `${found.file} has the mirror, but containerd has no config_path`,
        `set config_path = "${DEFAULT_DIRECTORY}" in ${CONFIG}, below [plugins."${plugin}".registry]; then sudo systemctl restart containerd`,
      );
    }
  }
}

/** The first of the files that containerd reads for docker.io. */
function hostsFile(machine: Machine, directories: readonly string[]) {
  for (const directory of directories) {
    for (const name of ["docker.io", "_default"]) {
      const file = `${directory}/${name}/hosts.toml`;
      const text = machine.read(file);
      if (text !== null) return { file, text };
    }
  }
  return null;
}
