import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { replaceSection } from "../../tools/section.ts";
import { ROOT } from "../support/repository.ts";
import { MARKS, reportOfSuccess } from "./report.ts";

/*
 * npm run test:faults                 tries every cell
 * npm run test:faults -- --report     and, if all survive, says so in docs/reliability.md
 *
 * Other arguments are vitest's, such as `-t "token service"`; then there is no report.
 */

const DOCUMENT = join(ROOT, "docs/reliability.md");

const others = process.argv.slice(2).filter((argument) => argument !== "--report");
const isReporting = process.argv.includes("--report") && others.length === 0;
const run = spawnSync("vitest", ["run", "--config", "test/faults/vitest.config.ts", ...others], {
  cwd: ROOT,
  stdio: "inherit",
});
if (isReporting && run.status === 0) {
  writeFileSync(DOCUMENT, replaceSection(readFileSync(DOCUMENT, "utf8"), MARKS, reportOfSuccess()));
}
process.exitCode = run.status ?? 1;
