import { createStyle } from "../../demo/style.ts";
import { type Arguments, parseArguments, USAGE } from "./arguments.ts";
import { examine } from "./examine.ts";
import { reportJson, reportText } from "./report.ts";

const FAILED = 1;
const WRONG_USAGE = 2;

process.exitCode = await main(parseArguments(process.argv.slice(2), process.env));

async function main(given: Arguments | null): Promise<number> {
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
