import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkTypes } from "./check-types.ts";
import { makeCopy } from "./copy.ts";
import { judge, type Verdict } from "./judge.ts";
import { applyMutant, type Mutant } from "./mutant.ts";
import { runTests } from "./run-tests.ts";

/** A mutant, and what became of it. */
export interface Trial {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
}

/** As many mutants at a time, each in a copy of the repository. */
const COPIES = 2;
const ALL_TESTS_MS = 10 * 60 * 1000;
const ONE_MUTANT_MS = 2 * 60 * 1000;
/** A test that hangs has failed; but for properties none takes a second by itself. */
const TEST_MS = 20_000;
/** How much longer a test may take that ran out of time, before that is believed. */
const PATIENCE = 4;

/**
 * Runs the tests without any mutant, then with each.
 *
 * @param tell hears of each trial as it ends.
 * @returns the trials, in the order of the mutants.
 * @throws Error if a test fails without a mutant: then nothing can be said of any.
 */
export async function tryMutants(
  mutants: readonly Mutant[],
  tell: (trial: Trial) => void,
): Promise<Trial[]> {
  const copies = Array.from({ length: COPIES }, makeCopy);
  try {
    return await tryIn(
      copies.map(({ folder }) => folder),
      mutants,
      tell,
    );
  } finally {
    for (const { remove } of copies) remove();
  }
}

async function tryIn(
  folders: readonly string[],
  mutants: readonly Mutant[],
  tell: (trial: Trial) => void,
): Promise<Trial[]> {
  const [first = ""] = folders;
  const errors = checkTypes(first, mutants);
  const passed = await passWithoutMutant(first, mutants);
  const trials = new Map<Mutant, Trial>();
  const waiting = [...mutants];
  async function work(folder: string): Promise<void> {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const why = errors.get(mutant);
      const verdict = why
        ? ({ kind: "error", why } as const)
        : await tryOne(folder, mutant, passed);
      const trial = { mutant, verdict };
      trials.set(mutant, trial);
      tell(trial);
    }
  }
  await Promise.all(folders.map(work));
  return mutants.flatMap((mutant) => trials.get(mutant) ?? []);
}

/** @returns the titles of all tests that the mutants name. */
async function passWithoutMutant(
  folder: string,
  mutants: readonly Mutant[],
): Promise<ReadonlySet<string>> {
  const tests = [...new Set(mutants.flatMap((mutant) => mutant.tests))];
  const times = { testTimeoutMs: PATIENCE * TEST_MS, deadlineMs: ALL_TESTS_MS };
  const options = { isBrief: false, maxWorkers: COPIES, ...times };
  const { results, problem } = await runTests(folder, tests, options);
  const failed = results.filter(({ hasPassed }) => !hasPassed).map(({ title }) => title);
  if (problem === null && failed.length === 0) return new Set(results.map(({ title }) => title));
  throw new Error(`Tests fail without a mutant: ${problem ?? failed.join("; ")}`);
}

async function tryOne(
  folder: string,
  mutant: Mutant,
  passedBefore: ReadonlySet<string>,
): Promise<Verdict> {
  const path = join(folder, "src", mutant.file);
  const source = readFileSync(path, "utf8");
  writeFileSync(path, applyMutant(source, mutant));
  const attempt = async (patience: number) => {
    const times = { testTimeoutMs: patience * TEST_MS, deadlineMs: patience * ONE_MUTANT_MS };
    const run = await runTests(folder, mutant.tests, { isBrief: true, maxWorkers: 1, ...times });
    return judge(run, passedBefore);
  };
  try {
    const verdict = await attempt(1);
    const isCertain = verdict.kind !== "caught" || !verdict.isOutOfTime;
    return isCertain ? verdict : await attempt(PATIENCE);
  } finally {
    writeFileSync(path, source);
  }
}
