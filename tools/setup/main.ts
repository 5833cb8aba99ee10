import { randomBytes } from "node:crypto";
import { styleText } from "node:util";
import { type Account, verifyAccount } from "./account.ts";
import { type Options, parseArguments } from "./arguments.ts";
import { findSettings, type Settings } from "./settings.ts";
import { setUp } from "./setup.ts";
import { Interrupted, openTerminal } from "./terminal.ts";
import { messageOf, textsIn } from "./texts.ts";
import { createCloudflare, runWrangler } from "./wrangler.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, process.env);
  const texts = textsIn(options.language);
  if ("error" in options) return fail(`${options.error}\n\n${texts.usage}`, 1);
  if (options.isHelp) {
    process.stdout.write(`${texts.usage}\n`);
    return 0;
  }
  try {
    // npm runs its scripts in the folder of package.json.
    return await run(options, findSettings(process.cwd()));
  } catch (error) {
    return fail((error as Error).message, 1);
  }
}

async function run({ language, isDryRun }: Options, settings: Settings): Promise<number> {
  const texts = textsIn(language);
  const terminal = openTerminal(process.stdin, process.stdout, texts, styleText);
  const context = {
    terminal,
    settings,
    cloudflare: createCloudflare(runWrangler, texts),
    verify: (account: Account) => verifyAccount(fetch, texts, account),
    random: (bytes: number) => randomBytes(bytes).toString("hex"),
  };
  try {
    return (await setUp(context, isDryRun)) ? 0 : 1;
  } catch (error) {
    if (error instanceof Interrupted) {
      return fail(`\n${error.message} ${texts.nothingChanged}`, error.exitCode);
    }
    const unchanged = texts.unchangedAfterError(settings.name);
    return fail(`\n${messageOf(error, texts)}\n${unchanged}`, 1);
  } finally {
    terminal.close();
  }
}

function fail(text: string, exitCode: number): number {
  process.stderr.write(`${text}\n`);
  return exitCode;
}
