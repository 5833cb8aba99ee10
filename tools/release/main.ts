import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expectShipped, RELEASE_FILES, SHIPPED } from "./files.ts";
import { cleanCommit, prove } from "./provenance.ts";
import { isNewer, parseVersion } from "./version.ts";

const USAGE = `npm run release -- 1.2.3         gives what is unreleased this version
npm run release -- --provenance  builds the commit twice and tells what it is made of`;
const NOTE = "dist/provenance.json";

process.exitCode = main(process.argv.slice(2));

/** @returns 1 if it cannot be done, 2 if the arguments make no sense. */
function main([wanted = "", ...others]: readonly string[]): number {
  const isProvenance = wanted === "--provenance";
  if (others.length > 0 || (!isProvenance && parseVersion(wanted) === null)) {
    console.error(USAGE);
    return 2;
  }
  try {
    const commit = cleanCommit();
    console.log(isProvenance ? writeNote(commit) : setVersion(wanted));
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

/** Changes every file, or none if one of them is not as expected. */
function setVersion(wanted: string): string {
  expectShipped(read("wrangler.toml"), read(SHIPPED));
  const current = currentVersion();
  const [next, last] = [parseVersion(wanted), parseVersion(current)];
  if (next === null || last === null || !isNewer(next, last)) {
    throw new Error(`${wanted} does not follow ${current}.`);
  }
  const texts = new Map<string, string>();
  for (const { path, rewrite } of RELEASE_FILES) {
    texts.set(path, rewrite(texts.get(path) ?? read(path), current, wanted));
  }
  for (const [path, text] of texts) writeFileSync(path, text);
  return `This is ${wanted} now. Look at it with git diff, then:

npm run ok
git commit --all --message "Release ${wanted}"
git tag --annotate v${wanted} --message "Sampan ${wanted}"
npm run release -- --provenance`;
}

function writeNote(commit: string): string {
  const { packages } = JSON.parse(read("package-lock.json"));
  const note = `${JSON.stringify(prove(currentVersion(), commit, packages), null, 2)}\n`;
  mkdirSync("dist", { recursive: true });
  writeFileSync(NOTE, note);
  return `${note}Written to ${join(process.cwd(), NOTE)}; attach it to the release.`;
}

function currentVersion(): string {
  return JSON.parse(read("package.json")).version;
}

/** npm runs its scripts where package.json is. */
function read(path: string): string {
  return readFileSync(path, "utf8");
}
