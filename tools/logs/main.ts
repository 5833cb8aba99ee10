import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { createStyle } from "../../demo/style.ts";
import { tellsUsage } from "../help.ts";
import { readDocuments } from "./documents.ts";
import { type Entry, entriesOf } from "./entry.ts";
import { isWanted } from "./filter.ts";
import { format } from "./format.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { relay } from "./relay.ts";
import { startTail } from "./tail.ts";

const WRONG_USAGE = 2;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (tellsUsage(args, USAGE)) return 0;
  const options = parseOptions(args);
  if (options === null) {
    process.stderr.write(`${USAGE}\n`);
    return WRONG_USAGE;
  }
  // Whoever reads may stop, as `head` does.
  process.stdout.on("error", () => process.exit(0));
  if (options.isStdin) {
    await show(process.stdin, options);
    return 0;
  }
  const { output, messages, ended, stop } = startTail(options.tail);
  // Wrangler takes its leave of Cloudflare first; this process ends after it.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  await Promise.all([show(output, options), relay(messages, process.stderr)]);
  return ended;
}

async function show(input: Readable, { isJson, statuses }: Options): Promise<void> {
  const style = createStyle();
  const print = isJson ? toJson : (entry: Entry) => format(entry, { style });
  for await (const document of readDocuments(createInterface({ input }))) {
    for (const entry of entriesOf(document)) {
      const text = isWanted(entry, statuses) ? print(entry) : null;
      if (text !== null) process.stdout.write(`${text}\n`);
    }
  }
}

/** The Worker's lines as they are, and what the platform says in the same form. */
function toJson(entry: Entry): string | null {
  if (entry.kind === "text") return null;
  if (entry.kind === "line") return JSON.stringify(entry.line);
  const { at, outcome, subject, exceptions } = entry;
  const time = at === null ? null : new Date(at).toISOString();
  return JSON.stringify({ event: "platform", time, outcome, subject, exceptions });
}
