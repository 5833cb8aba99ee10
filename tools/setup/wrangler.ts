import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { configArguments, isNotLoggedIn, WRANGLER } from "../wrangler/config.ts";
import type { Texts } from "./texts.ts";

/** The Cloudflare account, as wrangler reaches it. The functions throw CloudflareError. */
export interface Cloudflare {
  /** Lists the names of the Worker's secrets. Their values cannot be read. */
  listSecrets(): Promise<SecretNames>;
  /** If it throws, no secret is changed. */
  changeSecrets(changes: SecretChanges): Promise<void>;
  /** Deploys the Worker together with secrets. wrangler writes to the terminal and asks there. */
  deploy(secrets: SecretChanges): Promise<void>;
  /** Creates the KV namespace unless it exists. @returns its id. */
  prepareNamespace(title: string): Promise<string>;
  /** @returns the days after which layers in a bucket expire; null without a rule, or if unknown. */
  readExpireDays(bucket: string): Promise<number | null>;
  /** Creates the bucket unless it exists, and replaces the rule by which its layers expire. */
  prepareBucket(bucket: string, expireDays: number): Promise<void>;
}

/** An empty list if the Worker does not exist yet; null if Cloudflare could not be asked. */
export type SecretNames =
  | { readonly names: readonly string[] }
  | { readonly names: null; readonly reason: string };

/** Name to value; null deletes. */
export type SecretChanges = { readonly [name: string]: string | null };

/** The result of one run of wrangler. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs wrangler. Secrets are never passed by an argument.
 *
 * @param input null connects wrangler to the terminal; then stderr has only the error.
 */
export type RunWrangler = (args: readonly string[], input: string | null) => Promise<Run>;

/** A failure of wrangler: Cloudflare's code and message, and what to do about it. */
export class CloudflareError extends Error {
  /** The code of Cloudflare's API; null if the failure has none. */
  readonly code: number | null;

  constructor(message: string, code: number | null) {
    super(message);
    this.code = code;
  }
}

/** The account has no workers.dev subdomain yet. A Worker cannot be uploaded before it has one. */
export const NO_SUBDOMAIN = 10063;
const R2_NOT_ENABLED = [10042, 10136];

/** Consecutive lines, indented by two, that end with a code. */
const CODED = /^ {2}((?:\S.*\n {2})*\S.*?) \[code: (\d+)\]/m;

/** The lifecycle rule that setup owns in the bucket. Other rules are left alone. */
const RULE = "sampan-layers";
/** The key prefix of layers. */
const PREFIX = "blobs/";
/** The signals that a terminal sends. */
const SIGNALS = ["SIGINT", "SIGHUP"] as const;

export function createCloudflare(run: RunWrangler, texts: Texts): Cloudflare {
  const failureOf = (result: Run, hidden: readonly string[] = []) =>
    readFailure(texts, result, hidden);
  /** @throws CloudflareError unless the run succeeded or its output matches. */
  const expectDone = (result: Run, accepted?: RegExp) => {
    if (result.code !== 0 && !accepted?.test(outputOf(result))) throw failureOf(result);
  };
  const lifecycle = (...args: readonly string[]) => run(["r2", "bucket", "lifecycle", ...args], "");
  const findNamespace = async (title: string) => {
    const list = await run(["kv", "namespace", "list"], "");
    expectDone(list);
    const namespaces = JSON.parse(list.stdout) as { readonly id: string; readonly title: string }[];
    return namespaces.find((namespace) => namespace.title === title)?.id;
  };
  return {
    listSecrets: async () =>
      readNames(texts, await run(["secret", "list", "--format", "json"], "")),

    async changeSecrets(changes) {
      // In one request, so that a deployed Worker never has a username without its password.
      const result = await run(["secret", "bulk"], JSON.stringify(changes));
      if (result.code !== 0) throw failureOf(result, valuesOf(changes));
    },

    async deploy(secrets) {
      // wrangler needs its standard input for questions.
      const folder = await mkdtemp(join(tmpdir(), "sampan-setup-"));
      try {
        const file = join(folder, "secrets.json");
        await writeFile(file, JSON.stringify(secrets), { mode: 0o600 });
        const result = await run(["deploy", "--secrets-file", file], null);
        if (result.code !== 0) throw failureOf(result, valuesOf(secrets));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },

    async prepareNamespace(title) {
      const present = await findNamespace(title);
      if (present !== undefined) return present;
      expectDone(await run(["kv", "namespace", "create", title], ""));
      const created = await findNamespace(title);
      if (created === undefined) throw new Error(`the new KV namespace ${title} is not listed.`);
      return created;
    },

    async readExpireDays(bucket) {
      const { code, stdout } = await lifecycle("list", bucket);
      const rules = code === 0 ? stdout.split("\n\n") : [];
      const rule = rules.find((lines) => new RegExp(`^name: +${RULE}$`, "m").test(lines));
      const [, days] = /^action: +Expire objects after (\d+) days$/m.exec(rule ?? "") ?? [];
      return days === undefined ? null : Number(days);
    },

    async prepareBucket(bucket, expireDays) {
      expectDone(await run(["r2", "bucket", "create", bucket], ""), /\[code: 10004\]/);
      // Adding a rule never replaces one of the same name.
      expectDone(await lifecycle("remove", bucket, "--name", RULE), /Lifecycle rule .* not found/);
      expectDone(await lifecycle("add", bucket, RULE, PREFIX, "--expire-days", `${expireDays}`));
    },
  };
}

/** Runs the installed wrangler. Without a terminal it asks nothing. */
export async function runWrangler(args: readonly string[], input: string | null): Promise<Run> {
  if (input === null) return runInTerminal(args);
  const env = { ...process.env, NO_COLOR: "1", WRANGLER_HIDE_BANNER: "true" };
  const child = spawn(process.execPath, commandOf(args), { env });
  const ended = once(child, "close");
  // If wrangler ends without reading its input, its exit code reports the failure.
  child.stdin.on("error", () => undefined).end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ]);
  return { code, stdout, stderr };
}

/** npm runs its scripts in the folder of package.json. */
function commandOf(args: readonly string[]): string[] {
  return [WRANGLER, ...args, ...configArguments(process.cwd())];
}

/** wrangler reports its error in a file of its own, since its output goes to the terminal. */
async function runInTerminal(args: readonly string[]): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), "sampan-wrangler-"));
  // A signal ends wrangler. This process then has files to remove.
  const stay = () => undefined;
  for (const signal of SIGNALS) process.on(signal, stay);
  try {
    const report = join(folder, "report");
    const environment = { WRANGLER_HIDE_BANNER: "true", WRANGLER_OUTPUT_FILE_PATH: report };
    const env = { ...process.env, ...environment };
    const child = spawn(process.execPath, commandOf(args), { stdio: "inherit", env });
    const [code] = await once(child, "close");
    return { code, stdout: "", stderr: readReport(await readFile(report, "utf8").catch(() => "")) };
  } finally {
    for (const signal of SIGNALS) process.off(signal, stay);
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns the error of a report, one JSON object a line, in the form of wrangler's output. */
function readReport(report: string): string {
  const entries = report.split("\n").filter((line) => line !== "");
  const parsed = entries.map((line) => JSON.parse(line) as Record<string, unknown>);
  const failure = parsed.find(({ type }) => type === "command-failed");
  if (failure === undefined) return "";
  const { code, message } = failure;
  return typeof code === "number" ? `  ${message} [code: ${code}]` : `[ERROR] ${message}`;
}

function readNames(texts: Texts, run: Run): SecretNames {
  if (run.code === 0) {
    const secrets = JSON.parse(run.stdout) as { readonly name: string }[];
    return { names: secrets.map(({ name }) => name) };
  }
  if (/Worker ".*" .*not found/.test(outputOf(run))) return { names: [] };
  return { names: null, reason: readFailure(texts, run, []).message };
}

function valuesOf(secrets: SecretChanges): string[] {
  return Object.values(secrets).filter((value) => value !== null);
}

/** Whether R2 is not enabled for the account, so that no bucket can exist. */
export function isR2Disabled(error: unknown): boolean {
  return error instanceof CloudflareError && R2_NOT_ENABLED.includes(error.code ?? 0);
}

function outputOf({ stdout, stderr }: Run): string {
  return stripVTControlCharacters(`${stderr}\n${stdout}`);
}

/**
 * Reads why a run of wrangler failed.
 *
 * @param hidden values that must not be shown, in case that the API repeats them.
 */
function readFailure(texts: Texts, run: Run, hidden: readonly string[]): CloudflareError {
  const output = outputOf(run);
  const [, lines = "", digits] = CODED.exec(output) ?? [];
  const hide = (text: string) =>
    hidden
      .filter((value) => value !== "")
      .reduce((rest, value) => rest.replaceAll(value, "…"), text);
  if (digits !== undefined) {
    const code = Number(digits);
    const reason = hide(lines.replaceAll(/\s+/g, " "));
    return new CloudflareError(texts.cloudflareError(code, reason, remedyOf(texts, code)), code);
  }
  // The error itself suggests other ways to log in, which setup does not offer.
  if (isNotLoggedIn(output)) return new CloudflareError(texts.notLoggedIn, null);
  const [, error = "wrangler failed."] = /\[ERROR\]\s*(.+)/.exec(output) ?? [];
  return new CloudflareError(hide(error.trim()), null);
}

/** @returns what to do about a code. docs/deploy.md has the same codes. */
function remedyOf(texts: Texts, code: number): string {
  const remedies: { readonly [code: number]: string } = {
    10000: texts.error10000,
    10014: texts.error10014,
    10042: texts.r2Disabled,
    10054: texts.error10054,
    10063: texts.error10063,
    10085: texts.error10085,
    10136: texts.r2Disabled,
  };
  return remedies[code] ?? texts.unknownError;
}
