import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { Guide } from "../../../src/page/guides/guide.ts";

/** A machine for the commands of the page: a directory instead of `/etc`. */
export interface Sandbox {
  write(path: string, text: string): void;
  /** @returns null if there is no such file. */
  read(path: string): string | null;
  /** Runs a command in a shell. */
  run(command: string): Outcome;
}

export interface Outcome {
  readonly status: number | null;
  readonly stderr: string;
  /** The recorded calls of other programs, e.g. `systemctl reload docker`. */
  readonly calls: readonly string[];
}

/** Replaces programs that change the machine: it records its arguments. */
const RECORD = '#!/bin/sh\necho "$(basename "$0") $*" >>"$CALLS"\n';
const SUDO = '#!/bin/sh\nexec "$@"\n';

/** @returns an empty machine, removed after the test. */
export function createSandbox(): Sandbox {
  const root = mkdtempSync(join(tmpdir(), "sampan-page-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [bin, callsFile] = [join(root, "bin"), join(root, "calls")];
  mkdirSync(join(root, "etc"));
  mkdirSync(bin);
  writeFileSync(join(bin, "sudo"), SUDO, { mode: 0o755 });
  for (const name of ["systemctl", "docker"])
    writeFileSync(join(bin, name), RECORD, { mode: 0o755 });
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
          env: { PATH: `${bin}:${process.env.PATH}`, CALLS: callsFile, LC_ALL: "C" },
        },
      );
      return { status, stderr, calls: (readOrNull(callsFile) ?? "").split("\n").filter(Boolean) };
    },
  };
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** @returns the title and text of each snippet of a guide. */
export function snippetsOf(guide: Guide): [title: string, text: string][] {
  const code = /<div class="code"><p>(.*?)<\/p><pre><code>(.*?)<\/code><\/pre><\/div>/gs;
  return [...htmlOf(guide).matchAll(code)].map(([, title = "", text = ""]) => [
    title,
    unescaped(text),
  ]);
}

/** @returns the first snippet that contains `part`; empty if there is none. */
export function snippetWith(guide: Guide, part: string): string {
  return snippetsOf(guide).find(([, text]) => text.includes(part))?.[1] ?? "";
}

/** @returns the paragraphs of a guide, with backticks around code. */
export function stepTextsOf(guide: Guide): string[] {
  const paragraphs = htmlOf(guide).matchAll(/(?<!class="code">)<p>(.*?)<\/p>/gs);
  return [...paragraphs].map(([, text = ""]) => unescaped(text.replace(/<\/?code>/g, "`")));
}

function htmlOf({ steps }: Guide): string {
  return steps.map(({ html }) => html).join("\n");
}

function unescaped(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
