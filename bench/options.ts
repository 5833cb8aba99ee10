import { parseArgs } from "node:util";
import type { Latency } from "./measure/latency.ts";

/** What the bench is asked to do. */
export interface Options {
  readonly isQuick: boolean;
  /** Keep the results with the project. */
  readonly isSaved: boolean;
  readonly latencies: readonly Latency[];
  /** What each read of KV or R2 takes longer while pulls are timed, in milliseconds. */
  readonly storeLatencyMs: number;
  /** Mirrors that run already: a name, and an origin. */
  readonly mirrors: readonly NamedPlace[];
  /** Bundled Workers to run beside this one: a name, and a file. */
  readonly workers: readonly NamedPlace[];
  /** First of the three ports at which `mirrors` find their upstream. */
  readonly hubPort: number;
}

export interface NamedPlace {
  readonly name: string;
  readonly place: string;
}

export const USAGE = `npm run bench                            measures this mirror and a pass-through peer
npm run bench -- --quick                 in fewer rounds
npm run bench -- --save                  keeps the results in bench/results
npm run bench -- --latency 0,50/20/200   milliseconds to the upstream; or registry/tokens/blobs
npm run bench -- --store-latency 20      milliseconds to KV and R2, while pulls are timed
npm run bench -- --worker name=file.js   … and another Worker, bundled as one ES module
npm run bench -- --mirror name=URL       … and a mirror that runs already, whose upstream is
                                         http://127.0.0.1:5100
npm run bench -- --hub-port N            … or another port; the next two are taken as well`;

/** Names of the mirrors that are always measured, and of what is measured beside them. */
const TAKEN = ["sampan", "sampan-r2", "pass-through", "trivial", "the stand-in"];
const DEFAULT_LATENCY = "0,50,200";
const DEFAULT_HUB_PORT = "5100";
const MAX_FIRST_PORT = 65_533;

/** Null when the arguments make no sense. */
export function parseOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({ args: [...args], options: ARGUMENTS });
    const latencies = values.latency.split(",").map(parseLatency);
    const mirrors = values.mirror.map(parseNamed);
    const workers = values.worker.map(parseNamed);
    const names = [...TAKEN, ...[...mirrors, ...workers].map(({ name }) => name)];
    if (new Set(names).size < names.length) return null;
    if (mirrors.some(({ place }) => new URL(place).origin !== place)) return null;
    const hubPort = parsePort(values["hub-port"]);
    const storeLatencyMs = parseMs(values["store-latency"]);
    const { quick: isQuick, save: isSaved } = values;
    return { isQuick, isSaved, latencies, storeLatencyMs, mirrors, workers, hubPort };
  } catch {
    return null;
  }
}

const ARGUMENTS = {
  quick: { type: "boolean", default: false },
  save: { type: "boolean", default: false },
  latency: { type: "string", default: DEFAULT_LATENCY },
  "store-latency": { type: "string", default: "0" },
  mirror: { type: "string", multiple: true, default: [] as string[] },
  worker: { type: "string", multiple: true, default: [] as string[] },
  "hub-port": { type: "string", default: DEFAULT_HUB_PORT },
} as const;

function parseLatency(text: string): Latency {
  const [registry = Number.NaN, auth = registry, storage = auth, ...more] = text
    .split("/")
    .map(parseMs);
  if (more.length === 0 && text.split("/").length !== 2) return { registry, auth, storage };
  throw new Error(`${text} is no latency.`);
}

function parseMs(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new Error(`${text} is no number of milliseconds.`);
}

function parseNamed(text: string): NamedPlace {
  const [, name, place] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || place === undefined) throw new Error(`${text} has no name.`);
  return { name, place };
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 1 && port <= MAX_FIRST_PORT) return port;
  throw new Error(`${text} is no port.`);
}
