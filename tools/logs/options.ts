import { parseArgs } from "node:util";
import { STATUSES, type Status } from "./entry.ts";

/** The parsed command line. */
export interface Options {
  readonly isJson: boolean;
  /** Which entries to show; all if empty. */
  readonly statuses: readonly Status[];
  readonly isStdin: boolean;
  /** The options for `wrangler tail`. */
  readonly tail: readonly string[];
}

export const USAGE = `npm run logs                       follow the log of the deployed Worker
npm run logs -- -                  read log lines from stdin
npm run logs -- --status error     only failures: status 400 and above, and invocations that
                                   the platform ended
npm run logs -- --json             the original lines, one JSON object each

--status is ok, error or canceled, and may be repeated. All other options go to wrangler tail:
--search, --ip self, --method, --header, --sampling-rate, --version-id, --env.`;

const OWN_OPTIONS = {
  json: { type: "boolean" },
  status: { type: "string", multiple: true },
  // Not for wrangler: this program reads its JSON.
  format: { type: "string" },
} as const;

/** @returns null if the arguments are invalid. */
export function parseOptions(args: readonly string[]): Options | null {
  const { values, tokens, positionals } = parseArgs({
    args: [...args],
    options: OWN_OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  if (values.format !== undefined) return null;
  const statuses = parseStatuses(values.status);
  const isStdin = positionals.includes("-");
  const others = tokens.filter((token) => !(token.kind === "option" && token.name in OWN_OPTIONS));
  // A group of short options is several tokens of one argument.
  const tail = [...new Set(others.map(({ index }) => index))].map((index) => args[index] ?? "");
  if (statuses === null || (isStdin && tail.length > 1)) return null;
  return { isJson: values.json !== undefined, statuses, isStdin, tail: isStdin ? [] : tail };
}

function parseStatuses(given: string | boolean | (string | boolean)[] = []): Status[] | null {
  const statuses = [given].flat().map((text) => STATUSES.find((known) => known === text));
  return statuses.every((status) => status !== undefined) ? statuses : null;
}
