import type { Target } from "../arguments.ts";
import { type Finding, failure, ok, warning } from "../check.ts";
import type { Machine } from "./machine.ts";
import { matchMirror, otherPath } from "./mirror.ts";
import { parseToml, tableIn } from "./toml.ts";

const CONFIG = "/etc/containerd/config.toml";
const DEFAULT_DIRECTORY = "/etc/containerd/certs.d";
/** The plugin that has `registry.config_path`, in versions 3 and 2 of the file. */
const PLUGINS = ["io.containerd.cri.v1.images", "io.containerd.grpc.v1.cri"];
const RESTART = "sudo systemctl restart containerd";

/**
 * containerd as Kubernetes uses it: `config.toml` names a directory, whose `hosts.toml` for docker.io
 * names the mirror.
 *
 * @returns null if there is no containerd configuration.
 */
export function inspectContainerd(machine: Machine, target: Target): Finding | null {
  const text = machine.read(CONFIG);
  const files = machine.list(DEFAULT_DIRECTORY);
  if (text === null && files.length === 0) return null;
  const config = parseToml(text ?? "");
  if (config === null) {
    return failure(
      `${CONFIG} is not TOML`,
      `correct it: containerd does not start with it. Then ${RESTART}`,
    );
  }
  const paths = PLUGINS.map((name) => tableIn(config, "plugins", name, "registry").config_path);
  const path = paths.find((one) => typeof one === "string" && one !== "");
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
    case "same":
      if (path !== undefined) return ok(`${found.file} has the mirror`);
      return warning(
        `${found.file} has the mirror, but ${CONFIG} sets no config_path`,
        `set config_path = "${DEFAULT_DIRECTORY}" below [plugins.'${PLUGINS[0]}'.registry], in version 2 of the file below [plugins."${PLUGINS[1]}".registry]; then ${RESTART}`,
      );
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
