import { randomBytes } from "node:crypto";
import { showHelp } from "../help.ts";
import { createConfigFile } from "./config-file.ts";
import { verifyAccount } from "./docker-hub.ts";
import { parseOptions, USAGE } from "./options.ts";
import { setUp } from "./setup.ts";
import { openTerminal } from "./terminal.ts";
import { Interrupted } from "./world.ts";
import { createCloudflare, runWrangler } from "./wrangler.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (showHelp(args, USAGE)) return 0;
  const options = parseOptions(args);
  if (options === null) return complain(USAGE, 1);
  const terminal = openTerminal(process.stdin, process.stdout);
  try {
    const isDone = await setUp(
      {
        terminal,
        // npm runs its scripts where package.json is.
        file: createConfigFile("wrangler.toml"),
        cloudflare: createCloudflare(runWrangler),
        verify: (account) => verifyAccount(fetch, account),
        random: (bytes) => randomBytes(bytes).toString("hex"),
      },
      options.isDryRun,
    );
    return isDone ? 0 : 1;
  } catch (error) {
    if (error instanceof Interrupted)
      return complain(`\n${error.message} Nothing was changed.`, error.exitCode);
    return complain(`\n${(error as Error).message}\nNothing was changed.`, 1);
  } finally {
    terminal.close();
  }
}

function complain(text: string, exitCode: number): number {
  process.stderr.write(`${text}\n`);
  return exitCode;
}
