import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";

/** The Cloudflare account, as wrangler reaches it. */
export interface Cloudflare {
  /** Lists the names of the Worker's secrets. Their values cannot be read. */
  listSecrets(): Promise<SecretNames>;
  /** @throws Error with wrangler's reason; then no secret is changed. */
  changeSecrets(changes: SecretChanges): Promise<void>;
  /** @returns the days after which layers in a bucket expire; null without a rule, or if unknown. */
  readExpireDays(bucket: string): Promise<number | null>;
  /**
   * Creates the bucket unless it exists, and replaces the rule by which its layers expire.
   *
   * @throws Error with the reason.
   */
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

/** Runs wrangler. Secrets are passed by `input` only, never by an argument. */
export type RunWrangler = (args: readonly string[], input: string) => Promise<Run>;

/** The lifecycle rule that setup owns in the bucket. Other rules are left alone. */
const RULE = "sampan-layers";
/** The key prefix of layers. */
const PREFIX = "blobs/";
const WRANGLER = join(import.meta.dirname, "../../node_modules/wrangler/bin/wrangler.js");

export function createCloudflare(run: RunWrangler): Cloudflare {
  const lifecycle = (...args: readonly string[]) => run(["r2", "bucket", "lifecycle", ...args], "");
  return {
    listSecrets: async () => readNames(await run(["secret", "list", "--format", "json"], "")),

    async changeSecrets(changes) {
      // In one request, so that a deployed Worker never has a username without its password.
      expectDone(await run(["secret", "bulk"], JSON.stringify(changes)));
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

/** Runs the installed wrangler without a terminal, so that it asks nothing. */
export async function runWrangler(args: readonly string[], input: string): Promise<Run> {
  const child = spawn(process.execPath, [WRANGLER, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", WRANGLER_HIDE_BANNER: "true" },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  // If wrangler ends without reading its input, its exit code reports the failure.
  child.stdin.on("error", () => undefined).end(input);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

/** Whether wrangler failed because there is no login. */
export function isNotLoggedIn(output: string): boolean {
  return /CLOUDFLARE_API_TOKEN|not logged in|wrangler login/i.test(output);
}

function readNames(run: Run): SecretNames {
  if (run.code === 0) {
    const secrets = JSON.parse(run.stdout) as { readonly name: string }[];
    return { names: secrets.map(({ name }) => name) };
  }
  if (/Worker ".*" .*not found/.test(outputOf(run))) return { names: [] };
  return { names: null, reason: reasonOf(run) };
}

/** @throws Error with the reason, unless the run succeeded or its output matches. */
function expectDone(run: Run, accepted?: RegExp): void {
  if (run.code !== 0 && !accepted?.test(outputOf(run))) throw new Error(reasonOf(run));
}

/** @returns the reason for a failure, in one line. */
function reasonOf(run: Run): string {
  const output = outputOf(run);
  // The error itself suggests other ways to log in, which setup does not offer.
  if (isNotLoggedIn(output)) return "you are not logged in.";
  if (/\[code: 10(042|136)\]/.test(output)) return "R2 is not enabled for this account.";
  const [, error, detail] = /\[ERROR\]\s*(.+)(?:\n\n {2}(.+\[code: \d+\]))?/.exec(output) ?? [];
  return [error, detail].join(" ").trim() || "wrangler failed.";
}

function outputOf({ stdout, stderr }: Run): string {
  return stripVTControlCharacters(`${stderr}\n${stdout}`);
}
