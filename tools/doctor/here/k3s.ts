import type { Target } from "../arguments.ts";
import { type Finding, ok, warning } from "../check.ts";
import type { Machine } from "./machine.ts";
import { matchMirror, otherPath } from "./mirror.ts";

const FILES = ["/etc/rancher/k3s/registries.yaml", "/etc/rancher/rke2/registries.yaml"];

/**
 * `registries.yaml` of k3s and RKE2.
 *
 * @returns null if there is none.
 */
export function inspectK3s(machine: Machine, target: Target): Finding | null {
  for (const path of FILES) {
    const text = machine.read(path);
    if (text === null) continue;
    // Enough of YAML: an address is a word of its own, quoted or not.
    const addresses = text.replace(/^\s*#.*$/gm, "").match(/https?:\/\/[^\s"',\]]+/g) ?? [];
    switch (matchMirror(addresses, target)) {
      case "same":
        return ok(`${path} has the mirror`);
      case "other path":
        return otherPath(path);
      case "none":
        return warning(
          `${path} does not have the mirror`,
          "add it as the mirror's home page shows (Kubernetes), then restart k3s or rke2",
        );
    }
  }
  return null;
}
