import { createStyle } from "../../demo/style.ts";
import { tellsUsage } from "../help.ts";
import { parseArguments, USAGE } from "./arguments.ts";
import { examine } from "./examine.ts";
import { reportJson, reportText } from "./report.ts";

const FAILED = 1;
const WRONG_USAGE = 2;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (tellsUsage(args, USAGE)) return 0;
  const given = parseArguments(args, process.env);
  if (given === null) {
    process.stderr.write(`${USAGE}\n`);
    return WRONG_USAGE;
  }
  const { examination, visit } = await examine(given.question);
  process.stdout.write(
    given.isJson ? reportJson(examination, visit) : reportText(examination, visit, createStyle()),
  );
  return examination.results.some(({ level }) => level === "failure") ? FAILED : 0;
}
