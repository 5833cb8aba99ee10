import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { showHelp } from "../help.ts";
import { verifyAccount } from "./account.ts";
import { createConfigFile, setUp } from "./setup.ts";
import { Interrupted, openTerminal } from "./terminal.ts";
import { createCloudflare, runWrangler } from "./wrangler.ts";

const USAGE = `npm run setup                 asks, shows what would change, and changes it
npm run setup -- --dry-run    … and changes nothing`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (showHelp(args, USAGE)) return 0;
  const isDryRun = parseDryRun(args);
  if (isDryRun === null) return fail(USAGE, 1);
  const terminal = openTerminal(process.stdin, process.stdout);
  try {
    const isDone = await setUp(
      {
        terminal,
        // npm runs its scripts in the folder of package.json.
        file: createConfigFile("wrangler.toml"),
        cloudflare: createCloudflare(runWrangler),
        verify: (account) => verifyAccount(fetch, account),
        random: (bytes) => randomBytes(bytes).toString("hex"),
      },
      isDryRun,
    );
    return isDone ? 0 : 1;
  } catch (error) {
    if (error instanceof Interrupted) {
      return fail(`\n${error.message} Nothing was changed.`, error.exitCode);
    }
    return fail(`\n${(error as Error).message}\nwrangler.toml and the secrets are unchanged.`, 1);
  } finally {
    terminal.close();
  }
}

/** @returns null if the arguments are invalid. */
function parseDryRun(args: readonly string[]): boolean | null {
  try {
    const options = { "dry-run": { type: "boolean", default: false } } as const;
    return parseArgs({ args: [...args], options }).values["dry-run"];
  } catch {
    return null;
  }
}

function fail(text: string, exitCode: number): number {
  process.stderr.write(`${text}\n`);
  return exitCode;
}
