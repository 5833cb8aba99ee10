import { parseArgs } from "node:util";
import { parseWhole } from "../support/whole-number.ts";

/** What the load test is asked to do. */
export interface Options {
  /** How long the clients pull, for each mirror. */
  readonly seconds: number;
  readonly clients: number;
  readonly images: number;
  /** Equal seeds make equal images, faults and clients; when each comes is up to the machine. */
  readonly seed: number;
}

export const USAGE = `npm run test:load                   500 clients pull 50 images for 120 seconds, twice
npm run test:load -- --seconds 15   … a slice of it
npm run test:load -- --clients 100  … with fewer clients; --images 20 with fewer images
npm run test:load -- --seed 7       … with the chances of an earlier run`;

const MAX = { seconds: 3_600, clients: 2_000, images: 1_000, seed: 2 ** 32 - 1 };
const MIN_SECONDS = 10;

/** Null when the arguments make no sense. */
export function parseOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({ args: [...args], options: ARGUMENTS });
    const seconds = parseWhole(values.seconds, MAX.seconds);
    const clients = parseWhole(values.clients, MAX.clients);
    const images = parseWhole(values.images, MAX.images);
    const seed = parseWhole(values.seed ?? `${Date.now() % MAX.seed}`, MAX.seed);
    return seconds < MIN_SECONDS ? null : { seconds, clients, images, seed };
  } catch {
    return null;
  }
}

/** Whether it is no slice: the time, the clients and the images are those of the whole test. */
export function isFull({ seconds, clients, images }: Options): boolean {
  const { seconds: whole, clients: all, images: each } = ARGUMENTS;
  return `${seconds} ${clients} ${images}` === `${whole.default} ${all.default} ${each.default}`;
}

const ARGUMENTS = {
  seconds: { type: "string", default: "120" },
  clients: { type: "string", default: "500" },
  images: { type: "string", default: "50" },
  seed: { type: "string" },
} as const;
