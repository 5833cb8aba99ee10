import { type Options, parseOptions, USAGE } from "./options.ts";
import { describeRun, noteStart } from "./report/results.ts";
import { saveResults } from "./report/save.ts";
import { reportText } from "./report/text.ts";
import { run } from "./run.ts";

process.exitCode = await main(parseOptions(process.argv.slice(2)));

async function main(options: Options | null): Promise<number> {
  if (options === null) return complain(USAGE);
  const start = noteStart();
  try {
    const measured = await run(options, (what) => process.stderr.write(`${what} …\n`));
    const results = describeRun(measured, options, start);
    const file = await saveResults(results, options.isSaved);
    process.stdout.write(`\n${reportText(results)}\n\nWritten to ${file}\n`);
    return 0;
  } catch (error) {
    return complain(`The bench failed: ${(error as Error).message}`);
  }
}

function complain(text: string): number {
  process.stderr.write(`${text}\n`);
  return 1;
}
