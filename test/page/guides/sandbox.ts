import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A machine that commands of the page can be tried on: a directory in the place of `/etc`. */
export interface Sandbox {
  write(path: string, text: string): void;
  /** @returns null if there is no such file. */
  read(path: string): string | null;
  /** Pastes a command into a shell. */
  run(command: string): Outcome;
}

export interface Outcome {
  readonly status: number | null;
  readonly stderr: string;
  /** What would have been done besides, e.g. `systemctl reload docker`. */
  readonly done: readonly string[];
}

/** What stands in for programs that change the machine: it notes how it was called. */
const NOTE = '#!/bin/sh\necho "$(basename "$0") $*" >>"$NOTES"\n';
const SUDO = '#!/bin/sh\nexec "$@"\n';

/** @returns an empty one, gone after the test. */
export function createSandbox(): Sandbox {
  const root = mkdtempSync(join(tmpdir(), "sampan-page-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [bin, notes] = [join(root, "bin"), join(root, "notes")];
  mkdirSync(join(root, "etc"));
  mkdirSync(bin);
  writeFileSync(join(bin, "sudo"), SUDO, { mode: 0o755 });
  for (const name of ["systemctl", "docker"]) writeFileSync(join(bin, name), NOTE, { mode: 0o755 });
  const read = (path: string) => readOrNull(join(root, path));
  return {
    read,
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    run(command) {
      const { status, stderr } = spawnSync(
        "bash",
        ["--norc", "-c", command.replaceAll("/etc/", `${root}/etc/`)],
        {
          cwd: root,
          encoding: "utf8",
          env: { PATH: `${bin}:${process.env.PATH}`, NOTES: notes, LC_ALL: "C" },
        },
      );
      return { status, stderr, done: (readOrNull(notes) ?? "").split("\n").filter(Boolean) };
    },
  };
}

/** @returns a TOML document as Python reads it. */
export function parseToml(toml: string): unknown {
  const program = "import json, sys, tomllib; print(json.dumps(tomllib.load(sys.stdin.buffer)))";
  const { status, stdout, stderr } = spawnSync("python3", ["-c", program], {
    input: toml,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${stderr}\n${toml}`);
  return JSON.parse(stdout);
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
