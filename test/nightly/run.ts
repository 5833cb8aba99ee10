import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replaceSection } from "../../tools/section.ts";
import { ROOT } from "../support/repository.ts";
import { type Counts, MARKS, reportOf } from "./report.ts";

/*
 * npm run test:faults                          tries every cell and, if all survive, writes what
 *                                              came of it into docs/reliability.md
 * npm run test:faults -- -t "token service"    tries some, and writes nothing; arguments are vitest's
 */

const DOCUMENT = join(ROOT, "docs/reliability.md");
const CONFIG = ["--config", "test/faults/vitest.config.ts"];

/** The part of vitest's JSON report that is read here. */
interface VitestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly meta: { readonly faults?: Counts } }[];
  }[];
}

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  const folder = mkdtempSync(join(tmpdir(), "sampan-faults-"));
  try {
    const output = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${output}`];
    const { status } = spawnSync("vitest", ["run", ...CONFIG, ...reporters, ...args], {
      cwd: ROOT,
      stdio: "inherit",
    });
    if (status === 0 && args.length === 0) write(countsIn(readFileSync(output, "utf8")));
    return status ?? 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function countsIn(report: string): Counts[] {
  const { testResults } = JSON.parse(report) as VitestReport;
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ meta }) => meta.faults ?? []),
  );
}

function write(counts: readonly Counts[]): void {
  writeFileSync(DOCUMENT, replaceSection(readFileSync(DOCUMENT, "utf8"), MARKS, reportOf(counts)));
  console.log(`Written to ${DOCUMENT}`);
}
