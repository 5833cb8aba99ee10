import { afterAll, beforeAll, expect } from "vitest";
import { parseArguments } from "../../../../tools/doctor/arguments.ts";
import { type ExamineOptions, examine } from "../../../../tools/doctor/run.ts";
import type { Tally } from "../../../../tools/doctor/session.ts";
import { buildImage } from "../../../support/image.ts";
import { type Stack, type StackOptions, startStack } from "../../../support/stack.ts";

/** The results of an examination, by check. */
export interface Outcome {
  /** The evidence of every check that was ok. */
  readonly ok: Readonly<Record<string, string>>;
  /** `level: evidence → remedy` of every other. */
  readonly notOk: Readonly<Record<string, string>>;
  readonly notChecked: readonly string[];
  readonly tally: Tally;
}

const TIMEOUTS = { connectMs: 5000, firstByteMs: 20_000, stallMs: 20_000 };
/** A busy machine must not fail the tests. */
const NO_LIMITS = { firstByteMs: Number.POSITIVE_INFINITY, bytesPerSecond: 0 };

/** Runs the doctor with these command line arguments. */
export async function examineWith(
  args: readonly string[],
  options: ExamineOptions = {},
): Promise<Outcome> {
  const given = parseArguments(args, {});
  if (given === null) throw new Error(`These arguments are invalid: ${args.join(" ")}`);
  const defaults = { timeouts: TIMEOUTS, limits: NO_LIMITS, pause: async () => {} };
  const examination = await examine(given, { ...defaults, ...options });
  const ok: Record<string, string> = {};
  const notOk: Record<string, string> = {};
  for (const { check, level, evidence, remedy } of examination.results) {
    if (level === "ok") ok[check] = evidence;
    else notOk[check] = `${level}: ${evidence} → ${remedy}`;
  }
  return { ...examination, ok, notOk };
}

/** Expects every check to be ok except these, whose results match. */
export function expectNotOk({ notOk }: Outcome, expected: Readonly<Record<string, RegExp>>): void {
  const patterns = Object.entries(expected).map(([check, pattern]) => [
    check,
    expect.stringMatching(pattern),
  ]);
  expect(notOk).toEqual(Object.fromEntries(patterns));
}

/** Starts the real Worker and a stand-in Docker Hub with some images, for the tests of a block. */
export function useMirror(options: StackOptions): () => Stack {
  let stack: Stack | null = null;
  beforeAll(async () => {
    stack = await startStack(options);
    const platforms = ["linux/amd64", "linux/arm64"];
    const busybox = await buildImage({ platforms, mediaTypes: "docker", layerBytes: 200_000 });
    stack.hub.push("library/busybox", "1.30", busybox);
    stack.hub.push("library/busybox", "1.31", await buildImage());
    stack.hub.push("library/oci", "1", await buildImage({ platforms, mediaTypes: "oci" }));
    stack.hub.push("alice/secret", "1", await buildImage());
  });
  afterAll(async () => {
    await stack?.close();
  });
  return () => {
    if (stack === null) throw new Error("The mirror did not start.");
    return stack;
  };
}
