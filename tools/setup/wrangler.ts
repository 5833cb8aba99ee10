import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import type { Cloudflare, SecretNames } from "./world.ts";

const WRANGLER = join(import.meta.dirname, "../../node_modules/wrangler/bin/wrangler.js");

/** How a run of wrangler ended. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs wrangler; what is secret goes in by `input` alone, never by an argument. */
export type RunWrangler = (args: readonly string[], input: string) => Promise<Run>;

/** The secrets of the Worker that wrangler.toml names. */
export function createCloudflare(run: RunWrangler): Cloudflare {
  return {
    listSecrets: async () => readNames(await run(["secret", "list", "--format", "json"], "")),
    async changeSecrets(changes) {
      // In one request, so that a deployed Worker never has a username without its password.
      const { code, stdout, stderr } = await run(["secret", "bulk"], JSON.stringify(changes));
      if (code !== 0) throw new Error(reasonOf(`${stderr}\n${stdout}`));
    },
  };
}

/** Runs the wrangler that is installed here, without a terminal: it asks nothing. */
export async function runWrangler(args: readonly string[], input: string): Promise<Run> {
  const child = spawn(process.execPath, [WRANGLER, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", WRANGLER_HIDE_BANNER: "true" },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  // A wrangler that ends without reading its input is told by its exit code.
  child.stdin.on("error", () => undefined).end(input);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

function readNames({ code, stdout, stderr }: Run): SecretNames {
  if (code === 0) {
    const secrets = JSON.parse(stdout) as { readonly name: string }[];
    return { names: secrets.map(({ name }) => name) };
  }
  const output = `${stderr}\n${stdout}`;
  // Before the first deploy there is no Worker, and no secret.
  if (/Worker ".*" .*not found/.test(output)) return { names: [] };
  return { names: null, reason: reasonOf(output) };
}

/** @returns whether wrangler gives advice on how else to get an account, which is not for here. */
export function isNotLoggedIn(output: string): boolean {
  return /CLOUDFLARE_API_TOKEN|not logged in|wrangler login/i.test(output);
}

/** @returns wrangler's first error, in one line. */
function reasonOf(output: string): string {
  if (isNotLoggedIn(output)) return "you are not logged in.";
  const [, error] = /\[ERROR\]\s*(.+)/.exec(stripVTControlCharacters(output)) ?? [];
  return error?.trim() ?? "wrangler failed.";
}
