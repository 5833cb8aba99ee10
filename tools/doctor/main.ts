import { styleText } from "node:util";
import { showHelp } from "../help.ts";
import { parseArguments, USAGE } from "./arguments.ts";
import { here } from "./here/machine.ts";
import { reportEnd, reportHead, reportJson, reportResult } from "./report.ts";
import { type Examination, examine, examineClients, type Result } from "./run.ts";

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
  const onResult = (result: Result) => {
    if (!given.isJson) print(reportResult(result, styleText));
  };
  if (!given.isJson) print(reportHead(given, styleText));
  const examination = given.isHere
    ? examineClients(given, here)
    : await examine(given, { onResult });
  if (given.isHere) examination.results.forEach(onResult);
  print(given.isJson ? reportJson(given, examination) : reportEnd(examination, styleText));
  return exitCode(examination);
}

function exitCode(examination: Examination): number {
  return examination.results.some(({ level }) => level === "failure") ? FAILED : 0;
}
