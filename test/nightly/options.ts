import { parseArgs } from "node:util";
import { parseWhole } from "../support/whole-number.ts";

export const PARTS = ["faults", "stories", "load", "soak"] as const;
export type Part = (typeof PARTS)[number];

/** The parts of a nightly run and their size. */
export interface Options {
  readonly parts: readonly Part[];
  /** Equal seeds make equal stories, properties, and choices of load and soak. */
  readonly seed: number;
  /** Of load: how long clients pull, for each mirror; how many clients, of how many images. */
  readonly seconds: number;
  readonly clients: number;
  readonly images: number;
  /** Of soak. */
  readonly pulls: number;
}

export const USAGE = `npm run test:nightly                      every fault; stories, walks and properties with a random seed
npm run test:nightly -- --seed 7          … with the seed of an earlier run
npm run test:nightly -- faults            … faults alone, or stories
npm run test:nightly -- load              500 clients pull 50 images for 120 seconds, twice
npm run test:nightly -- load --seconds 15 … a slice of it; also --clients and --images
npm run test:nightly -- soak              200 pulls by docker, containerd and podman
npm run test:nightly -- soak --pulls 20   … fewer of them`;

const MAX = { seconds: 3_600, clients: 2_000, images: 1_000, pulls: 10_000, seed: 2 ** 31 - 1 };
const MIN_SECONDS = 10;
const ARGUMENTS = {
  seconds: { type: "string", default: "120" },
  clients: { type: "string", default: "500" },
  images: { type: "string", default: "50" },
  pulls: { type: "string", default: "200" },
  seed: { type: "string" },
} as const;

/** @returns null if the arguments are invalid. */
export function parseOptions(args: readonly string[]): Options | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: ARGUMENTS,
      allowPositionals: true,
    });
    const parts = PARTS.filter((part) => positionals.includes(part));
    if (parts.length !== positionals.length) return null;
    const seconds = parseWhole(values.seconds, MAX.seconds);
    if (seconds < MIN_SECONDS) return null;
    return {
      parts: parts.length === 0 ? ["faults", "stories"] : parts,
      seed: parseWhole(values.seed ?? `${1 + Math.floor(Math.random() * MAX.seed)}`, MAX.seed),
      seconds,
      clients: parseWhole(values.clients, MAX.clients),
      images: parseWhole(values.images, MAX.images),
      pulls: parseWhole(values.pulls, MAX.pulls),
    };
  } catch {
    return null;
  }
}

/** Whether a load test is the whole one: its result is written into the document. */
export function isWholeLoad({ seconds, clients, images }: Options): boolean {
  const whole = [ARGUMENTS.seconds, ARGUMENTS.clients, ARGUMENTS.images];
  return `${[seconds, clients, images]}` === `${whole.map((one) => one.default)}`;
}
