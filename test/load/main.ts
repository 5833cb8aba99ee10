import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundle } from "../../bench/mirrors/bundle.ts";
import { replaceSection } from "../../tools/section.ts";
import { isFull, type Options, parseOptions, USAGE } from "./options.ts";
import { formatTable, MARKS, type Report, reportOf, summarize } from "./report.ts";
import { run } from "./run.ts";

const FILE = join(import.meta.dirname, "../../dist/load.json");
const DOCUMENT = join(import.meta.dirname, "../../docs/reliability.md");
const SHOWN = 20;

process.exitCode = await main(parseOptions(process.argv.slice(2)));

/** @returns 1 if a rule is broken, 2 if the arguments make no sense. */
async function main(options: Options | null): Promise<number> {
  if (options === null) {
    console.error(USAGE);
    return 2;
  }
  const worker = await bundle("src/worker.ts");
  const reports: Report[] = [];
  for (const hasBlobs of [false, true]) {
    console.error(`${hasBlobs ? "With" : "Without"} R2, seed ${options.seed} …`);
    reports.push(summarize(await run(worker, hasBlobs, options)));
  }
  await mkdir(join(FILE, ".."), { recursive: true });
  await writeFile(FILE, `${JSON.stringify({ options, reports }, null, 2)}\n`);
  console.log(`\n${formatTable(reports)}\n`);
  const broken = reports.flatMap(({ name, broken }) => broken.map((rule) => `${name}: ${rule}`));
  for (const rule of broken.slice(0, SHOWN)) console.log(`BROKEN ${rule}`);
  console.log(`${broken.length} rules broken. Written to ${FILE}`);
  if (broken.length > 0) return 1;
  if (isFull(options)) await tell(reports);
  return 0;
}

/** What the document says of a run is of the last one that was full, and went well. */
async function tell(reports: readonly Report[]): Promise<void> {
  const document = await readFile(DOCUMENT, "utf8");
  await writeFile(DOCUMENT, replaceSection(document, MARKS, reportOf(reports)));
  console.log(`Written to ${DOCUMENT}`);
}
