import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { styleText } from "node:util";
import { escapeInvisible } from "../../src/platform/log.ts";
import { showHelp } from "../help.ts";
import { type Entry, readEntries, statusOf } from "./entry.ts";
import { type FormatOptions, format } from "./format.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { relayMessages, startTail, type Tail } from "./tail.ts";

const FAILED = 1;
const USAGE_ERROR = 2;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (showHelp(args, USAGE)) return 0;
  const options = parseOptions(args);
  if (options === null) {
    process.stderr.write(`${USAGE}\n`);
    return USAGE_ERROR;
  }
  // The reader of a pipe may close it, as `head` does.
  process.stdout.on("error", () => process.exit(0));
  if (options.isStdin) {
    await show(process.stdin, options);
    return 0;
  }
  const tail = openTail(options.tail);
  if (tail === null) return FAILED;
  const { output, messages, ended, stop } = tail;
  // Wrangler deletes its tail at Cloudflare before it ends; this process ends after it.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  await Promise.all([show(output, options), relayMessages(messages, process.stderr)]);
  return ended;
}

/** @returns null if the settings cannot be read; says so. */
function openTail(args: readonly string[]): Tail | null {
  try {
    return startTail(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return null;
  }
}

async function show(input: Readable, { isJson, statuses }: Options): Promise<void> {
  // Asked for each entry: the terminal's window may change.
  const print = isJson ? toJson : (entry: Entry) => format(entry, formatOptions());
  for await (const entry of readEntries(createInterface({ input }))) {
    if (statuses.length > 0 && !statuses.includes(statusOf(entry))) continue;
    const text = print(entry);
    if (text !== null) process.stdout.write(`${text}\n`);
  }
}

function formatOptions(): FormatOptions {
  const { columns } = process.stdout;
  return { paint: styleText, ...(columns && { width: columns }) };
}

/** The Worker's lines and platform entries as JSON; null for text. */
function toJson(entry: Entry): string | null {
  if (entry.kind === "text") return null;
  if (entry.kind === "line") return escapeInvisible(JSON.stringify(entry.line));
  const { at, outcome, subject, exceptions } = entry;
  const time = at === null ? null : new Date(at).toISOString();
  return escapeInvisible(JSON.stringify({ event: "platform", time, outcome, subject, exceptions }));
}
