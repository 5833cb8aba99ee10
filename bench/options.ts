import { parseArgs } from "node:util";
import type { Host } from "../test/support/hub.ts";

/** Milliseconds from a request to the first byte of its response, for each host of the upstream. */
export type Latency = Readonly<Record<Host, number>>;

/** The distances of a mirror to everything it needs. */
export interface Distance {
  readonly latency: Latency;
  /** Delay of each read of KV and R2, in milliseconds. */
  readonly storeLatencyMs: number;
}

export interface Options {
  readonly isHelp: boolean;
  readonly isQuick: boolean;
  /** Whether only the figures of the README are measured. */
  readonly isReadme: boolean;
  /** Whether the result is written to bench/results. */
  readonly isSaved: boolean;
  /** Pulls are timed over each of them. */
  readonly distances: readonly Distance[];
  /** Running mirrors: a name and an origin. */
  readonly peers: readonly NamedLocation[];
  /** Further bundled Workers: a name and a file. */
  readonly workers: readonly NamedLocation[];
  /** The first of the three ports of the upstream of `peers`. */
  readonly hubPort: number;
}

export interface NamedLocation {
  readonly name: string;
  readonly location: string;
}

export const USAGE = `npm run bench                            measures this mirror and a pass-through
npm run bench -- --quick                 in fewer rounds
npm run bench -- --readme                only the figures of the README
npm run bench -- --save                  writes the result to bench/results
npm run bench -- --latency 0,50/20/200   milliseconds to the upstream, or to registry/tokens/blobs
npm run bench -- --latency 200+150       … and to KV and R2 while pulls are timed
npm run bench -- --worker NAME=file.js   … and another Worker, bundled as one ES module
npm run bench -- --peer NAME=URL         … and a running mirror whose upstream is
                                         http://127.0.0.1:5100 (also: --mirror)
npm run bench -- --hub-port N            … or another port; the next two are used as well`;

/** Names of mirrors and loads that are always measured. */
const RESERVED = ["sampan", "sampan-r2", "pass-through", "trivial", "stand-in"];
const DEFAULT_LATENCY = "0,50,200,200+50,200+150";
const README_LATENCY = "200,200+50";
const DEFAULT_HUB_PORT = "5100";
/** The last port that leaves room for two more. */
const MAX_FIRST_PORT = 65_533;

const ARGUMENTS = {
  help: { type: "boolean", short: "h", default: false },
  quick: { type: "boolean", default: false },
  readme: { type: "boolean", default: false },
  save: { type: "boolean", default: false },
  latency: { type: "string" },
  peer: { type: "string", multiple: true, default: [] as string[] },
  mirror: { type: "string", multiple: true, default: [] as string[] },
  worker: { type: "string", multiple: true, default: [] as string[] },
  "hub-port": { type: "string", default: DEFAULT_HUB_PORT },
} as const;

/** @returns null for invalid arguments. */
export function parseOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({ args: [...args], options: ARGUMENTS });
    const peers = [...values.peer, ...values.mirror].map(parseNamed);
    const workers = values.worker.map(parseNamed);
    const names = [...RESERVED, ...[...peers, ...workers].map(({ name }) => name)];
    if (new Set(names).size < names.length) return null;
    if (peers.some(({ location }) => new URL(location).origin !== location)) return null;
    const latency = values.latency ?? (values.readme ? README_LATENCY : DEFAULT_LATENCY);
    return {
      isHelp: values.help,
      isQuick: values.quick,
      isReadme: values.readme,
      isSaved: values.save,
      distances: latency.split(",").map(parseDistance),
      peers,
      workers,
      hubPort: parsePort(values["hub-port"]),
    };
  } catch {
    return null;
  }
}

function parseDistance(text: string): Distance {
  const [hosts = "", stores = "0", ...more] = text.split("+");
  if (more.length > 0) throw new Error(`invalid latency: ${text}`);
  return { latency: parseLatency(hosts), storeLatencyMs: parseMs(stores) };
}

function parseLatency(text: string): Latency {
  const [registry = Number.NaN, auth, storage, ...more] = text.split("/").map(parseMs);
  if (auth === undefined) return { registry, auth: registry, storage: registry };
  if (storage !== undefined && more.length === 0) return { registry, auth, storage };
  throw new Error(`invalid latency: ${text}`);
}

function parseMs(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new Error(`invalid milliseconds: ${text}`);
}

function parseNamed(text: string): NamedLocation {
  const [, name, location] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name !== undefined && location !== undefined) return { name, location };
  throw new Error(`not NAME=value: ${text}`);
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 1 && port <= MAX_FIRST_PORT) return port;
  throw new Error(`invalid port: ${text}`);
}
