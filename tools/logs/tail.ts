import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pathToFileURL } from "node:url";

const ROOT = join(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
const TELL_CONNECTED = pathToFileURL(join(import.meta.dirname, "tell-connected.ts")).href;

/** A running `wrangler tail`. */
export interface Tail {
  readonly output: Readable;
  /** That it is connected, and what wrangler has to say besides. */
  readonly messages: Readable;
  /** Resolves with its exit code. */
  readonly ended: Promise<number>;
  /** Asks it to end. */
  stop(): void;
}

/**
 * Follows the deployed Worker.
 *
 * @param wrangler the program's file.
 */
export function startTail(args: readonly string[], wrangler: string = WRANGLER): Tail {
  // Wrangler hands on what Node is told to the process that does its work.
  const node = ["--import", TELL_CONNECTED];
  const child = spawn(process.execPath, [...node, wrangler, "tail", "--format", "json", ...args], {
    cwd: ROOT,
    stdio: ["inherit", "pipe", "pipe"],
  });
  const ended = once(child, "close").then(([code]) => (typeof code === "number" ? code : 0));
  const stop = () => void child.kill("SIGINT");
  return { output: child.stdout, messages: child.stderr, ended, stop };
}
