import { join } from "node:path";
import { type Build, build, fromCommit } from "./build.ts";
import { run } from "./run.ts";

/** Where a bundle comes from: enough to build it again and compare. */
export interface Provenance {
  readonly version: string;
  readonly commit: string;
  readonly bundle: { readonly sha256: string; readonly bytes: number; readonly files: number };
  /** Those whose version can change a bundle. */
  readonly tools: Readonly<Record<string, string>>;
  /** How to get the same. */
  readonly rebuild: string;
}

const ROOT = join(import.meta.dirname, "../..");
const TOOLS = ["wrangler", "esbuild", "workerd"];

/**
 * Builds a commit twice, in two new folders.
 *
 * @throws if they differ, or if anything but the project's own sources is in them.
 */
export function prove(version: string, commit: string, packages: Packages): Provenance {
  const [first, second] = [build(fromCommit(commit)), build(fromCommit(commit))];
  if (first.sha256 !== second.sha256) {
    throw new Error(`Two builds of ${commit} differ: ${first.sha256} and ${second.sha256}.`);
  }
  const foreign = foreignInputs(first);
  if (foreign.length > 0) throw new Error(`The bundle has ${foreign.join(", ")} in it.`);
  return {
    ...{ version, commit },
    bundle: { sha256: first.sha256, bytes: first.bytes, files: first.inputs.length },
    tools: { node: process.version.slice(1), ...toolVersions(packages) },
    rebuild: `git checkout ${commit} && npm ci && npm run release -- --provenance`,
  };
}

/** The packages of package-lock.json, by their folder. */
export type Packages = Readonly<Record<string, { readonly version?: string }>>;

/** @returns what of a build is not the project's own. */
export function foreignInputs({ inputs }: Pick<Build, "inputs">): string[] {
  return inputs.filter((path) => !path.startsWith("src/"));
}

/** @returns the commit that is checked out. @throws if there are changes beside it. */
export function cleanCommit(): string {
  const changes = run("git", ["status", "--porcelain"], { cwd: ROOT });
  if (changes !== "") throw new Error(`Commit or put aside first:\n${changes}`);
  return run("git", ["rev-parse", "HEAD"], { cwd: ROOT });
}

function toolVersions(packages: Packages): Record<string, string> {
  return Object.fromEntries(
    TOOLS.map((name) => {
      const version = packages[`node_modules/${name}`]?.version;
      if (version === undefined) throw new Error(`package-lock.json has no ${name}.`);
      return [name, version];
    }),
  );
}
