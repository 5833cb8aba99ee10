import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { askAccount, type VerifyAccount } from "./account.ts";
import { type CurrentConfig, readCurrentConfig } from "./current.ts";
import { diff } from "./diff.ts";
import { nextSteps } from "./next-steps.ts";
import {
  type Answers,
  expireDaysOf,
  hasFormerCron,
  namespaceEdit,
  namespaceOf,
  planEdits,
  planSecrets,
} from "./plan.ts";
import { askBlobs, askDomain, askHosts, askLock, askRegistries } from "./questions.ts";
import { askYesNo, type Terminal } from "./terminal.ts";
import { applyEdit } from "./toml/edit.ts";
import {
  type Cloudflare,
  CloudflareError,
  isR2Disabled,
  NO_SUBDOMAIN,
  type SecretChanges,
  type SecretNames,
} from "./wrangler.ts";

/** Everything that setup reads or changes. */
export interface SetupContext {
  readonly terminal: Terminal;
  readonly file: ConfigFile;
  readonly cloudflare: Cloudflare;
  readonly verify: VerifyAccount;
  /** @returns that many random bytes in hexadecimal. */
  readonly random: (bytes: number) => string;
}

/** wrangler.toml. */
export interface ConfigFile {
  read(): Promise<string>;
  /** Replaces the whole file, or leaves it as it is. */
  write(text: string): Promise<void>;
}

/** The changes to confirm. */
interface Changes {
  readonly text: string;
  readonly secrets: SecretChanges;
  /** The title of the KV namespace to find or create; null to leave it alone. */
  readonly namespace: string | null;
  /** The days after which layers in the bucket are to expire; null to leave the bucket alone. */
  readonly expireDays: number | null;
}

/**
 * Asks, shows the changes, makes them, and shows the next steps. Nothing is changed before the last
 * answer.
 *
 * @returns false if the secrets could not be stored.
 * @throws Interrupted; Error if wrangler.toml cannot be read or edited.
 */
export async function setUp(context: SetupContext, isDryRun: boolean): Promise<boolean> {
  const { terminal, file, cloudflare } = context;
  terminal.say(WELCOME);
  const text = await file.read();
  const secrets = await cloudflare.listSecrets();
  if (secrets.names === null) terminal.say(unknownSecrets(secrets));
  const current = readCurrentConfig(text, secrets.names);
  const answers = await interview(context, current);
  const changes = await planChanges(cloudflare, text, current, answers);
  const isChanged = show(terminal, text, current, changes);
  if (isDryRun) {
    terminal.say("Dry run: nothing was written or stored.");
    return true;
  }
  if (isChanged && !(await askYesNo(terminal, "Do this?", true))) {
    terminal.say("Nothing was changed.");
    return true;
  }
  if ((await file.read()) !== text) {
    throw new Error("wrangler.toml was edited in the meantime. Run npm run setup again.");
  }
  terminal.close();
  const edited = await prepareStores(context, text, current, answers, changes);
  if (edited !== text) await file.write(edited);
  const result = await changeSecrets(context, changes.secrets);
  if (result === "failed") return false;
  terminal.say(`\n${nextSteps(current, answers, result === "deployed")}`);
  return true;
}

/** A file that is replaced as a whole: an interrupted write leaves the old content. */
export function createConfigFile(path: string): ConfigFile {
  return {
    read: () => readFile(path, "utf8"),
    async write(text) {
      const draft = `${path}.${process.pid}.tmp`;
      try {
        const { mode } = await stat(path);
        await writeFile(draft, text, { mode });
        await rename(draft, path);
      } finally {
        await rm(draft, { force: true });
      }
    },
  };
}

async function interview(context: SetupContext, current: CurrentConfig): Promise<Answers> {
  const { terminal, verify, random } = context;
  const domain = await askDomain(terminal, current);
  const account = await askAccount(terminal, verify, current);
  const lock = await askLock(terminal, random, current);
  const registries = await askRegistries(terminal, current);
  const hosts = await askHosts(terminal, current, domain, Object.keys(registries));
  const hasBlobs = await askBlobs(terminal, current);
  return { domain, account, lock, registries, hosts, hasBlobs };
}

async function planChanges(
  cloudflare: Cloudflare,
  text: string,
  current: CurrentConfig,
  answers: Answers,
): Promise<Changes> {
  const wanted = answers.hasBlobs ? expireDaysOf(current) : null;
  const isDone = wanted !== null && (await cloudflare.readExpireDays(current.bucket)) === wanted;
  return {
    text: planEdits(current, answers).reduce(applyEdit, text),
    secrets: planSecrets(current, answers),
    namespace: namespaceOf(current),
    expireDays: isDone ? null : wanted,
  };
}

/** @returns whether there is anything to change. */
function show(
  terminal: Terminal,
  before: string,
  current: CurrentConfig,
  changes: Changes,
): boolean {
  const { text, secrets, namespace, expireDays } = changes;
  const secretLines = Object.entries(secrets).map(
    ([name, value]) => `${value === null ? "-" : "+"} ${name}`,
  );
  if (before !== text) terminal.say(`\nwrangler.toml:\n\n${diff(before, text)}\n`);
  if (hasFormerCron(current)) terminal.say(FORMER_CRON);
  if (secretLines.length > 0) {
    terminal.say(`\nSecrets at Cloudflare:\n\n${secretLines.join("\n")}\n`);
  }
  if (namespace !== null) {
    terminal.say(`
KV namespace ${namespace}: created if it is missing. Its id is written to wrangler.toml, so that
every deploy uses this namespace and none tries to create it again.
`);
  }
  if (expireDays !== null) {
    terminal.say(`
R2 bucket ${current.bucket}: created if it is missing. A lifecycle rule deletes layers ${expireDays} days after
they were stored. A pull stores an older layer again, so a layer remains for at least
${current.blobKeepDays} days after its last pull (BLOB_KEEP_DAYS).
`);
  }
  const isChanged =
    before !== text || secretLines.length > 0 || namespace !== null || expireDays !== null;
  if (!isChanged) terminal.say("\nNothing to change.");
  return isChanged;
}

/** @returns wrangler.toml to write: with the id of the namespace, and without a missing bucket. */
async function prepareStores(
  context: SetupContext,
  text: string,
  current: CurrentConfig,
  answers: Answers,
  changes: Changes,
): Promise<string> {
  const id = await prepareNamespace(context, changes.namespace);
  const hasBlobs = await prepareBucket(context, current, answers, changes.expireDays);
  const edited = planEdits(current, { ...answers, hasBlobs }).reduce(applyEdit, text);
  if (id === null) return edited;
  try {
    return applyEdit(edited, namespaceEdit(current, id));
  } catch (error) {
    context.terminal.say(`\nThe KV namespace's id was NOT written: ${(error as Error).message}`);
    return edited;
  }
}

/** @returns the id to write; null to write none. */
async function prepareNamespace(
  { terminal, cloudflare }: SetupContext,
  title: string | null,
): Promise<string | null> {
  if (title === null) return null;
  try {
    return await cloudflare.prepareNamespace(title);
  } catch (error) {
    terminal.say(`
The KV namespace was NOT set up: ${(error as Error).message}
wrangler.toml stays without its id; then the first deploy creates the namespace.`);
    return null;
  }
}

/** @returns whether wrangler.toml is to have the bucket. */
async function prepareBucket(
  { terminal, cloudflare }: SetupContext,
  { bucket, hasBlobs }: CurrentConfig,
  answers: Answers,
  expireDays: number | null,
): Promise<boolean> {
  if (expireDays === null) return answers.hasBlobs;
  try {
    await cloudflare.prepareBucket(bucket, expireDays);
    return true;
  } catch (error) {
    // A deploy with a bucket fails where R2 is not enabled.
    const isKept = hasBlobs && !isR2Disabled(error);
    terminal.say(`
The R2 bucket was NOT set up: ${(error as Error).message}
${isKept ? BUCKET_UNCHANGED : NO_BUCKET}`);
    return isKept;
  }
}

async function changeSecrets(
  context: SetupContext,
  changes: SecretChanges,
): Promise<"stored" | "deployed" | "failed"> {
  const { terminal, cloudflare } = context;
  if (Object.keys(changes).length === 0) return "stored";
  try {
    await cloudflare.changeSecrets(changes);
    return "stored";
  } catch (error) {
    if (error instanceof CloudflareError && error.code === NO_SUBDOMAIN) {
      terminal.say(`\n${error.message}\n${FIRST_DEPLOY}`);
      return deploy(context, changes);
    }
    terminal.say(notStored(error as Error));
    return "failed";
  }
}

/** Deploys the Worker together with its secrets, so that it is never open in between. */
async function deploy(
  { terminal, cloudflare }: SetupContext,
  secrets: SecretChanges,
): Promise<"deployed" | "failed"> {
  try {
    await cloudflare.deploy(secrets);
    return "deployed";
  } catch (error) {
    // The secrets may be stored: the upload may have succeeded, and something after it failed.
    terminal.say(`
The first deploy failed: ${(error as Error).message}
wrangler.toml is written. Run  npm run setup  again; only the account and the lock have to be
answered.`);
    return "failed";
  }
}

function notStored({ message }: Error): string {
  return `
The secrets were NOT stored: ${message}
wrangler.toml is written. Before you deploy, log in if you are not ( npx wrangler login ) and run
npm run setup  again; only the account and the lock have to be answered.`;
}

function unknownSecrets({ reason }: Extract<SecretNames, { names: null }>): string {
  return `
Cloudflare could not be asked which secrets are stored: ${reason}
To store an account or a lock, press Ctrl-C, run  npx wrangler login  and start again.`;
}

const WELCOME = `Sets up wrangler.toml, the secrets of this mirror, and its R2 bucket. Enter selects the value in
brackets. Nothing is changed before the last question; Ctrl-C leaves everything as it is.`;

const FORMER_CRON = `The hourly trigger is removed: the mirror no longer has scheduled work. The bucket's lifecycle rule
deletes layers instead.
`;

const NO_BUCKET = `The mirror is set up without R2: layers are stored in Cloudflare's edge cache only. To store them
in R2, enable it in the dashboard (R2 object storage), check that your login may use it, and run
npm run setup  again.`;

const FIRST_DEPLOY = `Setup continues with the first deploy, which stores the secrets too. If wrangler asks whether to
register a workers.dev subdomain, answer y.
`;

const BUCKET_UNCHANGED = `Layers stay turned on, but without the rule they are never deleted. Check that R2 is enabled in the
dashboard (R2 object storage) and that your login may use it, and run  npm run setup  again.`;
