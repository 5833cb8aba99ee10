import type { Target } from "../arguments.ts";
import { type Finding, failure } from "../check.ts";
import { inspectContainerd } from "./containerd.ts";
import { inspectDocker } from "./docker.ts";
import { inspectK3s } from "./k3s.ts";
import type { Machine } from "./machine.ts";
import { inspectPodman } from "./podman.ts";

const CLIENTS = [
  ["docker", inspectDocker],
  ["containerd", inspectContainerd],
  ["podman", inspectPodman],
  ["k3s", inspectK3s],
] as const;

/** @returns for each client of the machine whether it uses the mirror. */
export function inspectClients(machine: Machine, target: Target) {
  const found = CLIENTS.flatMap(([check, inspect]): ({ check: string } & Finding)[] => {
    const finding = inspect(machine, target);
    return finding === null ? [] : [{ check, ...finding }];
  });
  if (found.length > 0) return found;
  const evidence = "no configuration of Docker, containerd, Podman or k3s";
  return [{ check: "clients", ...failure(evidence, "run this on the machine that pulls") }];
}
