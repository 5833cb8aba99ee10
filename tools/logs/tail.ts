import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";

const ROOT = join(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

/** A running `wrangler tail`. */
export interface Tail {
  readonly output: Readable;
  /** Resolves with its exit code. */
  readonly ended: Promise<number>;
  /** Asks it to end. */
  stop(): void;
}

/**
 * Follows the deployed Worker. What wrangler has to say besides goes to stderr.
 *
 * @param wrangler the program's file.
 */
export function startTail(args: readonly string[], wrangler: string = WRANGLER): Tail {
  const child = spawn(process.execPath, [wrangler, "tail", "--format", "json", ...args], {
    cwd: ROOT,
    stdio: ["inherit", "pipe", "inherit"],
  });
  const ended = once(child, "close").then(([code]) => (typeof code === "number" ? code : 0));
  return { output: child.stdout, ended, stop: () => void child.kill("SIGINT") };
}
