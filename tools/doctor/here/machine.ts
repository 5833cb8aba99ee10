import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";

/** A machine with container clients, read only. */
export interface Machine {
  /** The user's home directory. */
  readonly home: string;
  /** @returns a file's text; null if it does not exist or cannot be read. */
  read(path: string): string | null;
  /** @returns the names in a directory, sorted; none if there is no such directory. */
  list(path: string): string[];
  /** @returns what a program prints; null if it is not installed or fails. */
  run(program: string, ...args: readonly string[]): string | null;
}

/** `docker info` waits for its daemon. */
const RUN_MS = 10_000;

/** The machine that runs the doctor. */
export const here: Machine = {
  home: homedir(),
  read: (path) => orNull(() => readFileSync(path, "utf8")),
  list: (path) => orNull(() => readdirSync(path).sort()) ?? [],
  run(program, ...args) {
    const { status, stdout } = spawnSync(program, args, { encoding: "utf8", timeout: RUN_MS });
    return status === 0 ? stdout : null;
  },
};

function orNull<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
