import { styleText } from "node:util";
import { showHelp } from "../help.ts";
import { parseArguments, USAGE } from "./arguments.ts";
import { reportEnd, reportHead, reportJson, reportResult } from "./report.ts";
import { type Examination, examine, type Result } from "./run.ts";

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
  const print = (text: string) => void process.stdout.write(text);
  if (given.isJson) {
    const examination = await examine(given);
    print(reportJson(given, examination));
    return exitCode(examination);
  }
  print(reportHead(given, styleText));
  const onResult = (result: Result) => print(reportResult(result, styleText));
  const examination = await examine(given, { onResult });
  print(reportEnd(examination, styleText));
  return exitCode(examination);
}

function exitCode(examination: Examination): number {
  return examination.results.some(({ level }) => level === "failure") ? FAILED : 0;
}
