import { execFileSync } from "node:child_process";
import { contained, environment, type Machine } from "./machine.ts";

const RUN_MS = 10_000;

/** The version that a program on `machine` reports; the machine's name if it cannot be told. */
export function versionOf(machine: Machine, program: string, flag = "--version"): string {
  const [file = "", ...args] = contained(machine, "/tmp", [program, flag]);
  const env = environment("/tmp");
  try {
    const output = execFileSync(file, args, { env, timeout: RUN_MS, encoding: "utf8", stdio });
    return /\d+\.\d+\.\d+/.exec(output)?.[0] ?? `of ${machine.name}`;
  } catch {
    return `of ${machine.name}`;
  }
}

const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
