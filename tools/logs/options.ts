import { parseArgs } from "node:util";
import { STATUSES, type Status } from "./filter.ts";

/** What to show, and where it comes from. */
export interface Options {
  readonly isJson: boolean;
  readonly statuses: readonly Status[];
  readonly isStdin: boolean;
  /** The options for `wrangler tail`. */
  readonly tail: readonly string[];
}

export const USAGE = `npm run logs                       follows the log of the deployed Worker
npm run logs -- -                  reads lines from stdin
npm run logs -- --status error     what failed: status 400 and more, and what the platform ended
npm run logs -- --json             the lines as they were written, one JSON object each

--status takes ok, error and canceled, and may be repeated. Every other option goes to
wrangler tail: --search, --ip self, --method, --header, --sampling-rate, --version-id, --env.`;

const OWN = {
  json: { type: "boolean" },
  status: { type: "string", multiple: true },
  // What is read here is JSON.
  format: { type: "string" },
} as const;

/** @returns null if the arguments make no sense. */
export function parseOptions(args: readonly string[]): Options | null {
  const { values, tokens, positionals } = parseArgs({
    args: [...args],
    options: OWN,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  if (values.format !== undefined) return null;
  const statuses = parseStatuses(values.status);
  const isStdin = positionals.includes("-");
  const others = tokens.filter((token) => !(token.kind === "option" && token.name in OWN));
  const tail = [...new Set(others.map(({ index }) => index))].map((index) => args[index] ?? "");
  if (statuses === null || (isStdin && tail.length > 1)) return null;
  return { isJson: values.json !== undefined, statuses, isStdin, tail: isStdin ? [] : tail };
}

function parseStatuses(given: string | boolean | (string | boolean)[] = []): Status[] | null {
  const statuses = [given].flat().map((text) => STATUSES.find((known) => known === text));
  return statuses.every((status) => status !== undefined) ? statuses : null;
}
