import { parseOptions, USAGE } from "./soak/options.ts";
import { soak } from "./soak/run.ts";

process.exitCode = await main(process.argv.slice(2));

/** @returns 1 if an image was not as it should be, 2 if nothing could be run. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === null) {
    console.error(USAGE);
    return 2;
  }
  console.log(`Seed ${options.seed}, ${options.pulls} pulls`);
  const outcome = await soak(options, (line) => console.log(line));
  console.log(JSON.stringify(outcome, null, 2));
  return outcome.broken.length > 0 ? 1 : 0;
}
