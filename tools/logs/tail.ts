import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { printableLines } from "../readable.ts";
import { configArguments, isNotLoggedIn, WRANGLER } from "../wrangler/config.ts";

/** Written to stderr when log lines may arrive. */
export const CONNECTED = "connected, waiting for requests\n";

const ANNOUNCE = pathToFileURL(join(import.meta.dirname, "announce.ts")).href;

/** A running `wrangler tail`. */
export interface Tail {
  readonly output: Readable;
  /** Its standard error. */
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
  // Wrangler passes Node's own options to the process that does its work.
  const node = ["--import", ANNOUNCE];
  // npm runs its scripts in the folder of package.json.
  const config = configArguments(process.cwd());
  const command = [wrangler, "tail", "--format", "json", ...args, ...config];
  const child = spawn(process.execPath, [...node, ...command], {
    stdio: ["inherit", "pipe", "pipe"],
  });
  const ended = once(child, "close").then(([code]) => (typeof code === "number" ? code : 0));
  const stop = () => void child.kill("SIGINT");
  return { output: child.stdout, messages: child.stderr, ended, stop };
}

/**
 * Copies wrangler's messages. Those before it is connected are held back until then, or until it
 * ends: without a login they advise a temporary account, which does not have the mirror.
 */
export async function relayMessages(messages: Readable, to: Writable): Promise<void> {
  let held = "";
  let isConnected = false;
  for await (const chunk of messages.setEncoding("utf8")) {
    held += chunk;
    isConnected ||= held.includes(CONNECTED);
    if (!isConnected) continue;
    to.write(printableLines(stripVTControlCharacters(held)));
    held = "";
  }
  if (held !== "") {
    const rest = printableLines(stripVTControlCharacters(held));
    to.write(isNotLoggedIn(held) ? "not logged in: npx wrangler login\n" : rest);
  }
}
