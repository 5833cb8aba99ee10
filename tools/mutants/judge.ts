import type { TestRun } from "./run-tests.ts";

/**
 * What became of a mutant. An error says that it is none: the table is to be mended. A test that ran
 * out of time caught it only if the machine was not too busy: that is to be tried with more.
 */
export type Verdict =
  | { readonly kind: "caught"; readonly by: string; readonly isOutOfTime: boolean }
  | { readonly kind: "lost" }
  | { readonly kind: "error"; readonly why: string };

/**
 * @param run of the mutant's tests, with the mutant.
 * @param passedBefore the titles of the tests that pass without it.
 * @returns caught only if a test has failed that passes otherwise.
 */
export function judge(run: TestRun, passedBefore: ReadonlySet<string>): Verdict {
  if (run.problem !== null) return { kind: "error", why: run.problem };
  const failed = run.results.filter(({ hasPassed }) => !hasPassed);
  if (failed.length === 0) return { kind: "lost" };
  const catchers = failed.filter(({ title }) => passedBefore.has(title));
  const catcher = catchers.find(({ hasTimedOut }) => !hasTimedOut) ?? catchers[0];
  if (catcher !== undefined) {
    return { kind: "caught", by: catcher.title, isOutOfTime: catcher.hasTimedOut };
  }
  return { kind: "error", why: `fails a test that is not there otherwise: ${failed[0]?.title}` };
}
