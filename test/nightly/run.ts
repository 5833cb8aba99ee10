import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replaceSection } from "../../tools/section.ts";
import { ROOT } from "../support/repository.ts";
import type { Counts } from "./faults/report.ts";
import { isWholeLoad, type Options, type Part, parseOptions, USAGE } from "./options.ts";

// The tests that take too long, or too much of a machine, for `npm test`. A whole run without a
// failure writes its result into docs/reliability.md.

const RESULTS = join(ROOT, "dist");
const SHOWN = 20;

process.exitCode = await main(parseOptions(process.argv.slice(2)));

/** @returns 1 if something failed, 2 if the arguments are invalid. */
async function main(options: Options | null): Promise<number> {
  if (options === null) {
    console.error(USAGE);
    return 2;
  }
  console.log(`Seed ${options.seed}: repeat this run with --seed ${options.seed}`);
  const run: Readonly<Record<Part, (options: Options) => Promise<boolean>>> = {
    ...{ faults: runFaults, stories: runStories, load: runLoad, soak: runSoak },
  };
  let isGood = true;
  for (const part of options.parts) isGood = (await run[part](options)) && isGood;
  return isGood ? 0 : 1;
}

/** The part of vitest's JSON report that is read here. */
interface VitestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly meta: { readonly faults?: Counts } }[];
  }[];
}

async function runFaults({ seed }: Options): Promise<boolean> {
  const { MARKS, reportOf } = await import("./faults/report.ts");
  const folder = mkdtempSync(join(tmpdir(), "sampan-faults-"));
  try {
    const output = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${output}`];
    if (!runVitest(seed, "faults: *", ...reporters)) return false;
    const { testResults } = JSON.parse(readFileSync(output, "utf8")) as VitestReport;
    const counts = testResults.flatMap(({ assertionResults }) =>
      assertionResults.flatMap(({ meta }) => meta.faults ?? []),
    );
    writeInto("docs/reliability.md", MARKS, reportOf(counts));
    return true;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runStories({ seed }: Options): Promise<boolean> {
  return runVitest(seed, "stories");
}

function runVitest(seed: number, project: string, ...flags: readonly string[]): boolean {
  const config = ["--config", "test/nightly/vitest.config.ts", "--project", project];
  const env = { ...process.env, SAMPAN_SEED: String(seed) };
  const { status } = spawnSync("vitest", ["run", ...config, ...flags], {
    ...{ cwd: ROOT, env, stdio: "inherit" },
  });
  return status === 0;
}

async function runLoad(options: Options): Promise<boolean> {
  const { bundle } = await import("../../bench/workerd.ts");
  const { formatTable, MARKS, reportOf, summarize } = await import("./load/report.ts");
  const { run } = await import("./load/run.ts");
  const worker = await bundle("src/worker.ts");
  const reports = [];
  for (const hasBlobs of [false, true]) {
    console.error(`${hasBlobs ? "With" : "Without"} R2 …`);
    reports.push(summarize(await run(worker, hasBlobs, options)));
  }
  const file = join(RESULTS, "load.json");
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(file, `${JSON.stringify({ options, reports }, null, 2)}\n`);
  console.log(`\n${formatTable(reports)}\n`);
  const broken = reports.flatMap(({ name, broken }) => broken.map((rule) => `${name}: ${rule}`));
  for (const rule of broken.slice(0, SHOWN)) console.log(`BROKEN ${rule}`);
  console.log(`${broken.length} rules broken. Written to ${file}`);
  if (broken.length > 0) return false;
  if (isWholeLoad(options)) writeInto("docs/reliability.md", MARKS, reportOf(reports));
  return true;
}

async function runSoak(options: Options): Promise<boolean> {
  const { soak } = await import("../clients/soak.ts");
  const outcome = await soak(options, (line) => console.log(line));
  console.log(JSON.stringify(outcome, null, 2));
  return outcome.broken.length === 0;
}

function writeInto(path: string, marks: readonly [string, string], section: string): void {
  const document = readFileSync(join(ROOT, path), "utf8");
  writeFileSync(join(ROOT, path), replaceSection(document, marks, section));
  console.log(`Written to ${path}`);
}
