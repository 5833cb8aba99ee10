import { styleText } from "node:util";
import { showHelp } from "../help.ts";
import { parseArguments, USAGE } from "./arguments.ts";
import { reportJson, reportText } from "./report.ts";
import { examine } from "./run.ts";

const FAILED = 1;
const USAGE_ERROR = 2;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (showHelp(args, USAGE)) return 0;
  const given = parseArguments(args, process.env);
  if (given === null) {
    process.stderr.write(`${USAGE}\n`);
    return USAGE_ERROR;
  }
  const examination = await examine(given);
  process.stdout.write(
    given.isJson ? reportJson(given, examination) : reportText(given, examination, styleText),
  );
  return examination.results.some(({ level }) => level === "failure") ? FAILED : 0;
}
