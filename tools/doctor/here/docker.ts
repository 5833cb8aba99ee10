import { parseJsonObject } from "../../../src/protocol/json.ts";
import type { Target } from "../arguments.ts";
import { type Finding, failure, ok, warning } from "../check.ts";
import type { Machine } from "./machine.ts";
import { matchMirror } from "./mirror.ts";

const RESTART = "sudo systemctl restart docker; rootless: systemctl --user restart docker";

/**
 * Docker's `daemon.json`, of the system or of a rootless daemon, and what the running daemon has read
 * of it.
 *
 * @returns null if there is no Docker.
 */
export function inspectDocker(machine: Machine, target: Target): Finding | null {
  const paths = ["/etc/docker/daemon.json", `${machine.home}/.config/docker/daemon.json`];
  const files = paths.flatMap((path) => {
    const text = machine.read(path);
    return text === null ? [] : [{ path, settings: parseJsonObject(text) }];
  });
  const running = runningMirrors(machine);
  if (!hasDocker(machine) && files.length === 0) return null;
  const invalid = files.find(({ settings }) => settings === null);
  if (invalid !== undefined) {
    return failure(
      `${invalid.path} is not a JSON object`,
      `correct it: Docker does not start with it. Then ${RESTART}`,
    );
  }
  const written = files.find(({ settings }) => matchMirror(mirrorsIn(settings), target) === "same");
  if (running === null) return withoutDaemon(written?.path ?? null, target);
  switch (matchMirror(running, target)) {
    case "same":
      if (matchMirror(running.slice(0, 1), target) === "same")
        return ok("docker info has the mirror");
      return warning(
        "docker info has another mirror before this one",
        "images come from the first mirror that has them: put this one first in registry-mirrors",
      );
    case "other path":
      return failure(
        "docker info has the mirror's host with another path",
        `correct the path secret in registry-mirrors, then ${RESTART}`,
      );
    case "none":
      if (written !== undefined) {
        return failure(`${written.path} has the mirror, the running Docker does not`, RESTART);
      }
      return warning("Docker does not use the mirror", addTo(target));
  }
}

/** Podman may be installed under this name, too. */
export function hasDocker(machine: Machine): boolean {
  return machine.run("docker", "--version")?.startsWith("Docker") ?? false;
}

function withoutDaemon(path: string | null, target: Target): Finding {
  if (path === null) return warning("no daemon.json has the mirror", addTo(target));
  return warning(
    `${path} has the mirror; docker info does not answer`,
    "start Docker, or run this as a user who may use it (group docker)",
  );
}

function addTo({ shown }: Target): string {
  return `add "registry-mirrors": ["${shown}"] to /etc/docker/daemon.json, then ${RESTART}; images with a registry in their name never use it`;
}

/** @returns null if the daemon does not answer. */
function runningMirrors(machine: Machine): string[] | null {
  const output = machine.run("docker", "info", "--format", "{{json .RegistryConfig}}");
  const config = output === null ? null : parseJsonObject(output);
  return config === null ? null : stringsIn(config.Mirrors);
}

function mirrorsIn(settings: Readonly<Record<string, unknown>> | null): string[] {
  return stringsIn(settings?.["registry-mirrors"]);
}

function stringsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
