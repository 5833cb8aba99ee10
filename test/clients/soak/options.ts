import { parseArgs } from "node:util";
import { parseWhole } from "../../support/whole-number.ts";

/** What the soak is asked to do. */
export interface SoakOptions {
  readonly pulls: number;
  /** Equal seeds make equal orders of clients, images and disturbances. */
  readonly seed: number;
}

export const USAGE = `npm run test:soak                200 pulls by docker, containerd and podman
npm run test:soak -- --pulls 20  … fewer of them
npm run test:soak -- --seed 7    … in the order of an earlier run`;

const MAX_PULLS = 10_000;
const MAX_SEED = 2 ** 32 - 1;

/** Null when the arguments make no sense. */
export function parseOptions(args: readonly string[]): SoakOptions | null {
  try {
    const { values } = parseArgs({ args: [...args], options: ARGUMENTS });
    const pulls = parseWhole(values.pulls, MAX_PULLS);
    return { pulls, seed: parseWhole(values.seed ?? `${Date.now() % MAX_SEED}`, MAX_SEED) };
  } catch {
    return null;
  }
}

const ARGUMENTS = {
  pulls: { type: "string", default: "200" },
  seed: { type: "string" },
} as const;
