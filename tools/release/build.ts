import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Worker as `wrangler deploy` uploads it. */
export interface Build {
  /** The module. It needs no other file. */
  readonly code: Buffer;
  readonly sha256: string;
  readonly bytes: number;
  /** The files it is made of, from the root of the project. */
  readonly inputs: readonly string[];
}

/** The origin of a bundle: enough to build it again and compare. */
export interface Provenance {
  readonly version: string;
  readonly commit: string;
  readonly bundle: { readonly sha256: string; readonly bytes: number; readonly files: number };
  /** The tools whose version can change a bundle. */
  readonly tools: Readonly<Record<string, string>>;
  /** The command that builds the same bundle. */
  readonly rebuild: string;
}

/** The packages of package-lock.json, by their folder. */
export type Packages = Readonly<Record<string, { readonly version?: string }>>;

/** A release: the Worker in one file, and its origin. */
export interface Release {
  readonly code: Buffer;
  readonly provenance: Provenance;
}

/** @returns the files to attach to a release: the Worker, its sha256 for sha256sum, its origin. */
export function filesOf({ code, provenance }: Release): Readonly<Record<string, string | Buffer>> {
  return {
    "worker.js": code,
    "worker.js.sha256": `${provenance.bundle.sha256}  worker.js\n`,
    "provenance.json": `${JSON.stringify(provenance, null, 2)}\n`,
  };
}

/** Copies the sources into a new folder. */
export type CopySources = (folder: string) => void;

const ROOT = join(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/.bin/wrangler");
/** The sources of a bundle. They include no folder of packages, so none can get in. */
const SOURCES = ["src", "wrangler.toml", "package.json", "tsconfig.json"];
const TOOLS = ["wrangler", "esbuild", "workerd"];

/**
 * Builds a commit twice, in two new folders.
 *
 * @throws Error if the builds differ, or contain anything but the project's own sources.
 */
export function prove(version: string, commit: string, packages: Packages): Release {
  const [first, second] = [build(fromCommit(commit)), build(fromCommit(commit))];
  if (first.sha256 !== second.sha256) {
    throw new Error(`Two builds of ${commit} differ: ${first.sha256} and ${second.sha256}.`);
  }
  const foreign = foreignInputs(first);
  if (foreign.length > 0) throw new Error(`The bundle contains ${foreign.join(", ")}.`);
  const provenance = {
    version,
    commit,
    bundle: { sha256: first.sha256, bytes: first.bytes, files: first.inputs.length },
    tools: { node: process.version.slice(1), ...toolVersions(packages) },
    rebuild: `git checkout ${commit} && npm ci && npm run release -- --provenance`,
  };
  return { code: first.code, provenance };
}

/**
 * Builds in a new folder with the installed wrangler, without network and account.
 *
 * @throws Error if the build fails.
 */
export function build(copySources: CopySources): Build {
  const home = mkdtempSync(join(tmpdir(), "sampan-release-"));
  try {
    const folder = join(home, "project");
    const output = join(home, "output");
    mkdirSync(folder);
    copySources(folder);
    const flags = ["deploy", "--dry-run", "--metafile", "--outdir", output];
    run(process.execPath, [WRANGLER, ...flags], folder, cleanEnvironment(home));
    const code = readFileSync(join(output, "worker.js"));
    const { inputs } = JSON.parse(readFileSync(join(output, "bundle-meta.json"), "utf8"));
    return {
      code,
      sha256: createHash("sha256").update(code).digest("hex"),
      bytes: code.length,
      inputs: Object.keys(inputs).sort(),
    };
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Copies the sources of the working tree. */
export function fromFolder(folder: string): void {
  for (const name of SOURCES) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
}

/** @returns the inputs that are not the project's own. The version comes from package.json. */
export function foreignInputs({ inputs }: Pick<Build, "inputs">): string[] {
  return inputs.filter((path) => !path.startsWith("src/") && path !== "package.json");
}

/**
 * @returns the commit that is checked out in a folder.
 * @throws Error if there are uncommitted changes.
 */
export function cleanCommit(folder: string): string {
  const changes = run("git", ["status", "--porcelain"], folder);
  if (changes !== "") throw new Error(`There are uncommitted changes:\n${changes}`);
  return run("git", ["rev-parse", "HEAD"], folder);
}

function fromCommit(commit: string): CopySources {
  return (folder) => {
    const archive = `${folder}.tar`;
    run("git", ["archive", "--output", archive, commit, ...SOURCES], ROOT);
    run("tar", ["-xf", archive, "-C", folder], folder);
  };
}

function toolVersions(packages: Packages): Record<string, string> {
  return Object.fromEntries(
    TOOLS.map((name) => {
      const version = packages[`node_modules/${name}`]?.version;
      if (version === undefined) throw new Error(`package-lock.json does not contain ${name}.`);
      return [name, version];
    }),
  );
}

/** Contains nothing of the developer's own that could get into a build. */
function cleanEnvironment(home: string): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return { PATH, HOME: home, XDG_CONFIG_HOME: home, WRANGLER_SEND_METRICS: "false", CI: "1" };
}

/** @returns the output. @throws Error with the program's name and errors. */
function run(
  file: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): string {
  return execFileSync(file, args, { cwd, env, encoding: "utf8", stdio: "pipe" }).trim();
}
