import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundle } from "../../bench/mirrors/bundle.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { formatTable, type Report, summarize } from "./report.ts";
import { run } from "./run.ts";

const FILE = join(import.meta.dirname, "../../dist/load.json");
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
  return broken.length > 0 ? 1 : 0;
}
