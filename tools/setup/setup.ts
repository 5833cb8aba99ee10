import { type Account, askAccount, askPrivateImages, type VerifyAccount } from "./account.ts";
import { withBack } from "./back.ts";
import { type CurrentConfig, readCurrentConfig } from "./current.ts";
import { diff } from "./diff.ts";
import { nextSteps } from "./next-steps.ts";
import {
  type Answers,
  expireDaysOf,
  namespaceEdit,
  namespaceOf,
  planEdits,
  planSecrets,
} from "./plan.ts";
import { askBlobs, askDomain, askHosts, askLock, askRegistries, askSearch } from "./questions.ts";
import type { Settings } from "./settings.ts";
import { askYesNo, type Terminal } from "./terminal.ts";
import { messageOf } from "./texts.ts";
import { applyEdit } from "./toml/edit.ts";
import {
  type Cloudflare,
  CloudflareError,
  isR2Disabled,
  NO_SUBDOMAIN,
  type SecretChanges,
} from "./wrangler.ts";

/** Everything that setup reads or changes. */
export interface SetupContext {
  readonly terminal: Terminal;
  readonly settings: Settings;
  readonly cloudflare: Cloudflare;
  readonly verify: VerifyAccount;
  /** @returns that many random bytes in hexadecimal. */
  readonly random: (bytes: number) => string;
}

/** The changes to confirm. */
interface Changes {
  /** The file with the owner's settings. */
  readonly text: string;
  readonly secrets: SecretChanges;
  /** The title of the KV namespace to find or create; null to leave it alone. */
  readonly namespace: string | null;
  /** The days after which layers in the bucket are to expire; null to leave the bucket alone. */
  readonly expireDays: number | null;
}

/** The result of the questions. */
interface Decision {
  readonly answers: Answers;
  readonly changes: Changes;
  readonly isConfirmed: boolean;
}

/**
 * Asks, shows the changes, makes them, and shows the next steps. Nothing is changed before the last
 * answer.
 *
 * @returns false if the secrets could not be stored.
 * @throws Interrupted; Error if the settings cannot be read or edited.
 */
export async function setUp(context: SetupContext, isDryRun: boolean): Promise<boolean> {
  const { terminal, settings, cloudflare } = context;
  const { texts } = terminal;
  terminal.say(texts.welcome(settings.name));
  const text = await settings.read();
  const secrets = await cloudflare.listSecrets();
  if (secrets.names === null) terminal.say(texts.unknownSecrets(secrets.reason));
  const current = readCurrentConfig(text, secrets.names, settings.shipped);
  const verifyAgain = repeatable(context.verify);
  const { answers, changes, isConfirmed } = await withBack(terminal, (asking) =>
    decide({ ...context, terminal: asking, verify: verifyAgain() }, text, current, isDryRun),
  );
  if (!isConfirmed) return true;
  if ((await settings.read()) !== text) throw new Error(texts.editedMeanwhile(settings.name));
  terminal.close();
  const edited = await prepareStores(context, text, current, answers, changes);
  if (edited !== text) await settings.write(edited);
  const result = await changeSecrets(context, changes.secrets);
  if (result === "failed") return false;
  terminal.say(`\n${nextSteps(texts, current, answers, result === "deployed")}`);
  return true;
}

async function decide(
  context: SetupContext,
  text: string,
  current: CurrentConfig,
  isDryRun: boolean,
): Promise<Decision> {
  const { terminal, settings, cloudflare } = context;
  const { texts } = terminal;
  const answers = await interview(context, current);
  const changes = await planChanges(cloudflare, text, current, answers);
  const isChanged = show(terminal, settings, text, current, changes);
  if (isDryRun) {
    terminal.say(texts.dryRun);
    return { answers, changes, isConfirmed: false };
  }
  const isConfirmed = !isChanged || (await askYesNo(terminal, texts.doThis, true));
  if (!isConfirmed) terminal.say(texts.nothingChanged);
  return { answers, changes, isConfirmed };
}

async function interview(context: SetupContext, current: CurrentConfig): Promise<Answers> {
  const { terminal, verify, random } = context;
  const domain = await askDomain(terminal, current);
  const account = await askAccount(terminal, verify, current);
  const privateImages = await askPrivateImages(terminal, current, account);
  const lock = await askLock(terminal, random, current);
  const registries = await askRegistries(terminal, current);
  const hosts = await askHosts(terminal, current, domain, Object.keys(registries));
  const hasBlobs = await askBlobs(terminal, current);
  const hasSearch = await askSearch(terminal, current);
  return { domain, account, privateImages, lock, registries, hosts, hasBlobs, hasSearch };
}

/**
 * @returns a function for each repetition of the questions. In it, what was tried in the one before
 * has the same result, and Docker Hub is not asked again.
 */
function repeatable(verify: VerifyAccount): () => VerifyAccount {
  const tried: { readonly key: string; readonly result: ReturnType<VerifyAccount> }[] = [];
  return () => {
    let next = 0;
    return (account: Account) => {
      const key = JSON.stringify(account);
      const known = tried[next];
      const result = known?.key === key ? known.result : verify(account);
      if (known?.key !== key) tried.splice(next, tried.length, { key, result });
      next += 1;
      return result;
    };
  };
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
  { name, isNew }: Settings,
  before: string,
  current: CurrentConfig,
  changes: Changes,
): boolean {
  const { text, secrets, namespace, expireDays } = changes;
  const secretLines = Object.entries(secrets).map(
    ([name, value]) => `${value === null ? "-" : "+"} ${name}`,
  );
  const { texts } = terminal;
  if (before !== text) {
    terminal.say(texts.changesOf(name));
    terminal.showDiff(`${diff(before, text)}\n`);
  }
  if (secretLines.length > 0) {
    terminal.say(texts.secretsTitle);
    terminal.showDiff(`${secretLines.join("\n")}\n`);
  }
  if (namespace !== null) terminal.say(texts.namespace(namespace, name));
  if (isNew && (before !== text || namespace !== null)) terminal.say(texts.newFile(name));
  if (expireDays !== null) {
    terminal.say(texts.bucket(current.bucket, expireDays, current.blobKeepDays));
  }
  const isChanged =
    before !== text || secretLines.length > 0 || namespace !== null || expireDays !== null;
  if (!isChanged) terminal.say(texts.nothingToChange);
  return isChanged;
}

/** @returns the settings to write: with the id of the namespace, and without a missing bucket. */
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
    context.terminal.say(
      context.terminal.texts.namespaceIdFailed(messageOf(error, context.terminal.texts)),
    );
    return edited;
  }
}

/** @returns the id to write; null to write none. */
async function prepareNamespace(
  { terminal, settings, cloudflare }: SetupContext,
  title: string | null,
): Promise<string | null> {
  if (title === null) return null;
  try {
    return await cloudflare.prepareNamespace(title);
  } catch (error) {
    terminal.say(terminal.texts.namespaceFailed((error as Error).message, settings.name));
    return null;
  }
}

/** @returns whether the settings are to have the bucket. */
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
    const { bucketFailed, bucketUnchanged, noBucket } = terminal.texts;
    const reason = bucketFailed((error as Error).message);
    terminal.say(`${reason}\n${isKept ? bucketUnchanged : noBucket}`);
    return isKept;
  }
}

async function changeSecrets(
  context: SetupContext,
  changes: SecretChanges,
): Promise<"stored" | "deployed" | "failed"> {
  const { terminal, settings, cloudflare } = context;
  if (Object.keys(changes).length === 0) return "stored";
  try {
    await cloudflare.changeSecrets(changes);
    return "stored";
  } catch (error) {
    if (error instanceof CloudflareError && error.code === NO_SUBDOMAIN) {
      terminal.say(`\n${error.message}\n${terminal.texts.firstDeploy}`);
      return deploy(context, changes);
    }
    terminal.say(terminal.texts.notStored((error as Error).message, settings.name));
    return "failed";
  }
}

/** Deploys the Worker together with its secrets, so that it is never open in between. */
async function deploy(
  { terminal, settings, cloudflare }: SetupContext,
  secrets: SecretChanges,
): Promise<"deployed" | "failed"> {
  try {
    await cloudflare.deploy(secrets);
    return "deployed";
  } catch (error) {
    // The secrets may be stored: the upload may have succeeded, and something after it failed.
    terminal.say(terminal.texts.deployFailed((error as Error).message, settings.name));
    return "failed";
  }
}
