import { showHelp } from "../help.ts";
import { parseDrillArguments, USAGE } from "./arguments.ts";
import { reportMarkdown } from "./report.ts";
import { drill } from "./run.ts";

const FAILED = 1;
const USAGE_ERROR = 2;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (showHelp(args, USAGE)) return 0;
  const given = parseDrillArguments(args, process.env);
  if (given === null) {
    process.stderr.write(`${USAGE}\n`);
    return USAGE_ERROR;
  }
  const found = await drill(given);
  process.stdout.write(reportMarkdown(given, found));
  return found.results.some(({ level }) => level === "failure") ? FAILED : 0;
}
