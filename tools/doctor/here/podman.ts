import type { Target } from "../arguments.ts";
import { type Finding, failure, ok, warning } from "../check.ts";
import type { Machine } from "./machine.ts";
import { matchMirror, otherPath } from "./mirror.ts";
import { parseToml, tablesIn } from "./toml.ts";

const SYSTEM = "/etc/containers/registries.conf";

/**
 * `registries.conf`, in which Podman, skopeo, Buildah and CRI-O find their mirrors.
 *
 * @returns null if there is none.
 */
export function inspectPodman(machine: Machine, target: Target): Finding | null {
  const user = `${machine.home}/.config/containers/registries.conf`;
  // A user's file replaces the system's; the directories add to either.
  const main = machine.read(user) === null ? SYSTEM : user;
  const parts = [`${SYSTEM}.d`, `${user}.d`].flatMap((directory) =>
    machine
      .list(directory)
      .filter((name) => name.endsWith(".conf"))
      .map((name) => `${directory}/${name}`),
  );
  const files = [main, ...parts].flatMap((path) => {
    const text = machine.read(path);
    return text === null ? [] : [{ path, table: parseToml(text) }];
  });
  if (files.length === 0) return null;
  for (const { path, table } of files) {
    if (table === null)
      return failure(`${path} is not TOML`, "correct it: every pull fails with it");
    switch (matchMirror(mirrorsOfHub(table), target)) {
      case "same":
        return ok(`${path} has the mirror`);
      case "other path":
        return otherPath(path);
      case "none":
    }
  }
  return warning(
    "Podman does not use the mirror for docker.io",
    `add it to ${main} as the mirror's home page shows`,
  );
}

/** The locations of the mirrors of docker.io: a host and a path, without a scheme. */
function mirrorsOfHub(table: NonNullable<ReturnType<typeof parseToml>>): string[] {
  return tablesIn(table, "registry")
    .filter(({ prefix, location }) => (prefix ?? location) === "docker.io")
    .flatMap((registry) => tablesIn(registry, "mirror").map(({ location }) => String(location)));
}
