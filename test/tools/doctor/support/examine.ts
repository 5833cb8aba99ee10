import { parseArguments } from "../../../../tools/doctor/arguments.ts";
import { type ExamineOptions, examine } from "../../../../tools/doctor/examine.ts";
import type { Result } from "../../../../tools/doctor/run.ts";
import type { Tally } from "../../../../tools/doctor/visit.ts";

/** What an examination came to, check by check. */
export interface Outcome {
  readonly results: readonly Result[];
  readonly notChecked: readonly string[];
  readonly tally: Tally;
  /** Of one check; throws if it said nothing. */
  of(check: string): Result;
  /** Which checks were not ok. */
  readonly notOk: readonly string[];
}

/** Waits no longer than a test may. */
export const QUICK = { connectMs: 5000, firstByteMs: 20_000, bodyMs: 20_000 };
/** How fast this machine is at present is no test of the mirror. */
const UNHURRIED = { firstByteMs: Number.POSITIVE_INFINITY, bytesPerSecond: 0 };

/** Examines as `npm run doctor` with these arguments. */
export async function examineWith(
  args: readonly string[],
  options: ExamineOptions = {},
): Promise<Outcome> {
  const parsed = parseArguments(args, {});
  if (parsed === null) throw new Error(`These are no arguments: ${args.join(" ")}`);
  const { examination, visit } = await examine(parsed.question, {
    bounds: QUICK,
    limits: UNHURRIED,
    pause: async () => {},
    ...options,
  });
  const { results, notChecked } = examination;
  return {
    results,
    notChecked,
    tally: visit.tally,
    of(check) {
      const result = results.find((one) => one.check === check);
      if (result === undefined)
        throw new Error(`${check} said nothing: ${JSON.stringify(results)}`);
      return result;
    },
    notOk: results.filter(({ level }) => level !== "ok").map(({ check }) => check),
  };
}
