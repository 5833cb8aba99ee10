import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.ts";

/** A Worker as `wrangler deploy` uploads it. */
export interface Build {
  readonly sha256: string;
  readonly bytes: number;
  /** The files that it is made of, from the root of the project. */
  readonly inputs: readonly string[];
}

const ROOT = join(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/.bin/wrangler");
/** What a bundle is built from. No folder of packages is among it, so none can get in. */
const SOURCES = ["src", "wrangler.toml", "package.json", "tsconfig.json"];

/** Puts the sources into a new folder. */
export type Lay = (folder: string) => void;

/** Lays out what a commit has. */
export function fromCommit(commit: string): Lay {
  return (folder) => {
    const archive = `${folder}.tar`;
    run("git", ["archive", "--output", archive, commit, ...SOURCES], { cwd: ROOT });
    run("tar", ["-xf", archive, "-C", folder], { cwd: folder });
  };
}

/** Lays out what stands in the project's folder, committed or not. */
export function fromFolder(folder: string): void {
  for (const name of SOURCES) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
}

/**
 * Builds in a new folder, with this folder's wrangler and without network or account.
 *
 * @throws if the sources need anything that is not theirs.
 */
export function build(lay: Lay): Build {
  const home = mkdtempSync(join(tmpdir(), "sampan-release-"));
  try {
    const folder = join(home, "project");
    const output = join(home, "output");
    mkdirSync(folder);
    lay(folder);
    const flags = ["deploy", "--dry-run", "--metafile", "--outdir", output];
    run(process.execPath, [WRANGLER, ...flags], { cwd: folder, env: environment(home) });
    const code = readFileSync(join(output, "worker.js"));
    const { inputs } = JSON.parse(readFileSync(join(output, "bundle-meta.json"), "utf8"));
    return {
      sha256: createHash("sha256").update(code).digest("hex"),
      bytes: code.length,
      inputs: Object.keys(inputs).sort(),
    };
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Nothing of the developer's own, so that it cannot get into a build. */
function environment(home: string): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return { PATH, HOME: home, XDG_CONFIG_HOME: home, WRANGLER_SEND_METRICS: "false", CI: "1" };
}
