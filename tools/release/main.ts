import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanCommit, filesOf, prove } from "./build.ts";
import { releaseChanges } from "./changelog.ts";

const USAGE = `npm run release -- 1.2.3         gives the unreleased changes this version
npm run release -- --provenance  builds the commit twice and writes the files of the release`;
const VERSION = /^\d+\.\d+\.\d+$/;
const FOLDER = "dist";
/** wrangler.toml as it ships, with which the tests run. */
const SHIPPED = "test/support/shipped.toml";

process.exitCode = main(process.argv.slice(2));

/** @returns the exit code: 1 for a failure, 2 for invalid arguments. */
function main([wanted = "", ...others]: readonly string[]): number {
  const isProvenance = wanted === "--provenance";
  if (others.length > 0 || (!isProvenance && !VERSION.test(wanted))) {
    console.error(USAGE);
    return 2;
  }
  try {
    // npm runs its scripts in the folder of package.json.
    const commit = cleanCommit(process.cwd());
    console.log(isProvenance ? writeRelease(commit) : setVersion(wanted));
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

/** Changes all files, or none if one of them is not as expected. */
function setVersion(wanted: string): string {
  if (read("wrangler.toml") !== read(SHIPPED)) {
    throw new Error(`wrangler.toml differs from ${SHIPPED}. A release contains no own settings.`);
  }
  const changelog = releaseChanges(read("CHANGELOG.md"), wanted);
  // package.json and the lockfile. The Worker reads its version from package.json when it is built.
  const args = ["version", wanted, "--no-git-tag-version", "--no-update-notifier"];
  execFileSync("npm", args, { stdio: "pipe" });
  writeFileSync("CHANGELOG.md", changelog);
  return `The version is now ${wanted}. Review it with git diff, then:

npm run check
git commit --all --message "Release ${wanted}"
git tag --annotate v${wanted} --message "Sampan ${wanted}"
git push --follow-tags

The workflow Release attaches worker.js. Without it:

npm run release -- --provenance`;
}

/** Writes the files to attach to the release. */
function writeRelease(commit: string): string {
  const { version, packages } = JSON.parse(read("package-lock.json"));
  const files = filesOf(prove(version, commit, packages));
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(FOLDER, name), content);
  const written = `${Object.keys(files).join(", ")} are in ${join(process.cwd(), FOLDER)}.`;
  return `${files["provenance.json"]}${written} Attach them to the release.`;
}

function read(path: string): string {
  return readFileSync(path, "utf8");
}
