import { parseArgs } from "node:util";

/** What the demo is asked to do. */
export interface Options {
  /** Stay up for real clients instead of showing pulls. */
  readonly serve: boolean;
  /** Null for any free port. */
  readonly port: number | null;
}

export const USAGE = `npm run demo                        shows a mirror at work
npm run demo -- --serve             keeps it up for docker, podman and others
npm run demo -- --serve --port N    … on another port than 8787`;

const SERVE_PORT = 8787;

/** Null when the arguments make no sense. */
export function parseOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { serve: { type: "boolean", default: false }, port: { type: "string" } },
    });
    const port = values.port === undefined ? null : parsePort(values.port);
    if (Number.isNaN(port)) return null;
    return { serve: values.serve, port: port ?? (values.serve ? SERVE_PORT : null) };
  } catch {
    return null;
  }
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port >= 1 && port <= 65_535 ? port : Number.NaN;
}
