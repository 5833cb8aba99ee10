import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** One test that was run to its end. */
export interface TestResult {
  /** With the groups that it is in. */
  readonly title: string;
  readonly hasPassed: boolean;
  /** Whether it failed for want of time, which on a busy machine says nothing. */
  readonly hasTimedOut: boolean;
}

/** What a run of tests came to. */
export interface TestRun {
  readonly results: readonly TestResult[];
  /** What is wrong beside tests that fail, such as a file that cannot be loaded; null if nothing. */
  readonly problem: string | null;
}

export interface TestOptions {
  /** Whether to stop at the first test that fails. */
  readonly isBrief: boolean;
  readonly maxWorkers: number;
  readonly testTimeoutMs: number;
  readonly deadlineMs: number;
}

/** The part of vitest's JSON report that is read here. */
interface VitestReport {
  readonly success: boolean;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/**
 * Runs tests of a copy of the repository.
 *
 * @param folder the copy.
 * @param tests below `test/`, without `.test.ts`.
 */
export async function runTests(
  folder: string,
  tests: readonly string[],
  options: TestOptions,
): Promise<TestRun> {
  const output = join(folder, "test-report.json");
  rmSync(output, { force: true });
  const files = tests.map((path) => join(folder, "test", `${path}.test.ts`));
  const hasEnded = await vitest(folder, [...flags(options, output), ...files], options.deadlineMs);
  if (!hasEnded) return { results: [], problem: `no end within ${options.deadlineMs / 1000} s` };
  try {
    return read(JSON.parse(readFileSync(output, "utf8")));
  } catch {
    return { results: [], problem: "vitest could not run the tests" };
  }
}

/** Of a test, a hook or a poll. */
const OUT_OF_TIME = /\btimed out in \d+ ?ms|did not succeed in time/;

function flags({ isBrief, maxWorkers, testTimeoutMs }: TestOptions, output: string): string[] {
  const report = ["--reporter", "json", "--outputFile", output];
  return [
    "--project",
    "workerd",
    "--bail",
    isBrief ? "1" : "0",
    ...report,
    `--maxWorkers=${maxWorkers}`,
    `--testTimeout=${testTimeoutMs}`,
  ];
}

/** @returns false if it had to be ended; its Worker runtime ends with it. */
async function vitest(folder: string, args: string[], deadlineMs: number): Promise<boolean> {
  const program = join(folder, "node_modules/vitest/vitest.mjs");
  const child = spawn(process.execPath, [program, "run", ...args], {
    cwd: folder,
    stdio: "ignore",
    timeout: deadlineMs,
    killSignal: "SIGKILL",
  });
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  const [code] = await once(child, "exit");
  process.off("exit", end);
  return code !== null;
}

function read({ success, testResults }: VitestReport): TestRun {
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const ended = all.filter(({ status }) => status === "passed" || status === "failed");
  const results = ended.map(({ status, fullName, failureMessages = [] }) => ({
    title: fullName,
    hasPassed: status === "passed",
    hasTimedOut: failureMessages.some((message) => OUT_OF_TIME.test(message)),
  }));
  const hasFailed = results.some(({ hasPassed }) => !hasPassed);
  const messages = testResults.map(({ message }) => message).filter((message) => message !== "");
  if (success || hasFailed) return { results, problem: null };
  return { results, problem: messages.join("; ") || "something failed that is no test" };
}
