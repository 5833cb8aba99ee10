import { askYesNo } from "./ask.ts";
import { diff } from "./diff.ts";
import { interview } from "./interview.ts";
import { nextSteps } from "./next-steps.ts";
import { makePlan } from "./plan.ts";
import { readPresent } from "./present.ts";
import { applyEdit } from "./toml/edit.ts";
import type { ConfigFile, SecretChanges, SecretNames, Terminal, World } from "./world.ts";

/**
 * Asks, shows what would change, changes it, and tells what comes next. Nothing is written or
 * stored before the last yes.
 *
 * @returns whether everything that was wanted is done.
 * @throws Interrupted; Error if wrangler.toml cannot be read or edited.
 */
export async function setUp(world: World, isDryRun: boolean): Promise<boolean> {
  const { terminal, file } = world;
  terminal.say(WELCOME);
  const text = await file.read();
  const secrets = await world.cloudflare.listSecrets();
  if (secrets.names === null) terminal.say(unknownSecrets(secrets));
  const present = readPresent(text, secrets.names);
  const answers = await interview(world, present);
  const plan = makePlan(present, answers);
  const edited = plan.edits.reduce(applyEdit, text);
  show(terminal, text, edited, plan.secrets);
  if (isDryRun) {
    terminal.say("Dry run: nothing was written or stored.");
    return true;
  }
  const isChanged = edited !== text || Object.keys(plan.secrets).length > 0;
  if (isChanged && !(await askYesNo(terminal, "Do this?", true))) {
    terminal.say("Nothing was changed.");
    return true;
  }
  if (edited !== text) await replace(file, text, edited);
  const isStored = await changeSecrets(world, plan.secrets);
  if (isStored) terminal.say(`\n${nextSteps(present, answers)}`);
  return isStored;
}

async function replace(file: ConfigFile, before: string, after: string): Promise<void> {
  if ((await file.read()) === before) return file.write(after);
  throw new Error("wrangler.toml was edited in the meantime: run npm run setup again.");
}

function unknownSecrets({ reason }: Extract<SecretNames, { names: null }>): string {
  return `
Cloudflare could not be asked which secrets are stored: ${reason}
To store an account or a lock, end this with Ctrl-C, run  npx wrangler login  and start again.`;
}

function show(terminal: Terminal, before: string, after: string, secrets: SecretChanges): void {
  const changes = Object.entries(secrets).map(
    ([name, value]) => `${value === null ? "-" : "+"} ${name}`,
  );
  if (before === after && changes.length === 0) terminal.say("\nNothing to change.");
  if (before !== after) terminal.say(`\nwrangler.toml:\n\n${diff(before, after)}\n`);
  if (changes.length > 0) terminal.say(`\nSecrets at Cloudflare:\n\n${changes.join("\n")}\n`);
}

async function changeSecrets({ terminal, cloudflare }: World, changes: SecretChanges) {
  if (Object.keys(changes).length === 0) return true;
  try {
    await cloudflare.changeSecrets(changes);
    return true;
  } catch (error) {
    terminal.say(`
The secrets were NOT stored: ${(error as Error).message}
wrangler.toml is as shown. Before you deploy, run  npx wrangler login  and  npm run setup  again;
only the account and the lock have to be answered.`);
    return false;
  }
}

const WELCOME = `Sets up wrangler.toml and the secrets of this mirror. Enter takes what stands in brackets; nothing
is changed before the last question, and Ctrl-C leaves everything as it is.`;
