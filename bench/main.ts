import { styleText } from "node:util";
import { isFree } from "../demo/environment.ts";
import { checkClaims, isContradicted } from "./claims.ts";
import { measureCpu } from "./cpu.ts";
import { createFigures, type Figures } from "./figures.ts";
import { createLoadGenerator } from "./load.ts";
import { startMirror, startMirrors, TRIVIAL } from "./mirrors.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import {
  countHundred,
  countPulls,
  durationSection,
  LINE_SECTION,
  timeOverLine,
  timePulls,
} from "./pulls.ts";
import { measureBlobs, measureBundle, measureHits, measureMemory } from "./rates.ts";
import { createReport, saveReport, startRun } from "./report.ts";

/** A full run takes nine minutes on two cores, a quick one three. */
const FULL_PLAN = {
  pullRounds: 5,
  lineRounds: 2,
  hits: { rounds: 5, durationMs: 1500 },
  blobs: { rounds: 4, durationMs: 800 },
  cpu: { rounds: 8, requests: 50 },
};
const QUICK_PLAN = {
  pullRounds: 1,
  lineRounds: 1,
  hits: { rounds: 2, durationMs: 700 },
  blobs: { rounds: 1, durationMs: 400 },
  cpu: { rounds: 3, requests: 20 },
};

process.exitCode = await main(parseOptions(process.argv.slice(2)));

async function main(options: Options | null): Promise<number> {
  if (options === null || options.isHelp) {
    (options === null ? process.stderr : process.stdout).write(`${USAGE}\n`);
    return options === null ? 1 : 0;
  }
  const describeRun = startRun();
  try {
    await checkPorts(options);
    const figures = await run(options);
    const info = describeRun();
    const file = await saveReport(figures, info, options.isSaved);
    process.stdout.write(`\n${createReport(figures, info).join("\n\n")}\n\nSaved as ${file}\n`);
    return isContradicted(checkClaims(figures)) ? 1 : 0;
  } catch (error) {
    process.stderr.write(`The benchmark failed: ${(error as Error).message}\n`);
    return 1;
  }
}

/** Mirrors that run elsewhere need an upstream on fixed ports. */
async function checkPorts({ peers, hubPort }: Options): Promise<void> {
  if (peers.length === 0) return;
  for (const port of [hubPort, hubPort + 1, hubPort + 2]) {
    if (await isFree(port)) continue;
    throw new Error(`port ${port} is in use; free it, or choose others with --hub-port`);
  }
}

/** Measures everything. The mirrors take turns, so that all share the same conditions. */
async function run(options: Options): Promise<Figures> {
  const { distances, isQuick, isReadme } = options;
  const plan = isQuick ? QUICK_PLAN : FULL_PLAN;
  const figures = createFigures();
  await using resources = new AsyncDisposableStack();
  progress("bundling and starting the mirrors");
  const mirrors = await startMirrors(options, resources);
  progress("counting requests, KV and R2 operations");
  for (const mirror of mirrors) await countPulls(mirror, figures);
  progress("counting the quota of a hundred pulls");
  for (const mirror of mirrors) await countHundred(mirror, figures);
  for (const distance of distances) {
    progress(durationSection(distance));
    await timePulls(mirrors, distance, plan.pullRounds, figures);
  }
  for (const mirror of mirrors) measureBundle(mirror, figures);
  if (isReadme) return figures;
  progress(LINE_SECTION);
  await timeOverLine(mirrors, plan.lineRounds, figures);
  const generator = createLoadGenerator();
  resources.defer(generator.close);
  const trivial = await startMirror("trivial", TRIVIAL, false);
  resources.defer(trivial.close);
  progress("measuring manifest rates");
  await measureHits(mirrors, trivial, generator, plan.hits, figures);
  progress("measuring blob throughput");
  await measureBlobs(mirrors, generator, plan.blobs, figures);
  for (const mirror of mirrors) measureMemory(mirror, figures);
  progress("measuring the CPU of each kind of request");
  // With R2, the CPU of its stand-in would be measured.
  const own = mirrors.filter(({ name }) => name !== "sampan-r2");
  await measureCpu(own, plan.cpu, figures);
  return figures;
}

function progress(text: string): void {
  process.stderr.write(`${styleText("dim", `${text} …`, { stream: process.stderr })}\n`);
}
