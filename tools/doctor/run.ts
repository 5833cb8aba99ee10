import type { Check } from "./check.ts";
import { Corrupt } from "./corrupt.ts";
import { diagnoseConnection } from "./diagnosis/connection.ts";
import { diagnose } from "./diagnosis/diagnose.ts";
import { type Finding, failure } from "./finding.ts";
import { Unanswered } from "./http/reply.ts";
import { Refused } from "./refused.ts";
import type { Visit } from "./visit.ts";

export interface Result extends Finding {
  readonly check: string;
}

export interface Examination {
  readonly results: readonly Result[];
  /** What could not be told after a failure. */
  readonly notChecked: readonly string[];
}

/**
 * Runs the checks one after the other. A failure that several of them meet is told by the first;
 * after that of a gate the others are not run.
 */
export async function run(checks: readonly Check[], visit: Visit): Promise<Examination> {
  const results: Result[] = [];
  const notChecked: string[] = [];
  const told = new Set<unknown>();
  for (const [index, check] of checks.entries()) {
    const outcome = await examine(check, visit, told);
    if (outcome === "told") notChecked.push(check.name);
    if (outcome === "told" || outcome === null) continue;
    results.push({ check: check.name, ...outcome });
    if (outcome.level !== "failure" || check.isGate !== true) continue;
    return { results, notChecked: checks.slice(index + 1).map(({ name }) => name) };
  }
  return { results, notChecked };
}

async function examine(
  check: Check,
  visit: Visit,
  told: Set<unknown>,
): Promise<Finding | null | "told"> {
  try {
    return await check.run(visit);
  } catch (error) {
    if (told.has(error)) return "told";
    told.add(error);
    return findingOf(error, visit);
  }
}

function findingOf(error: unknown, { target }: Visit): Finding {
  if (error instanceof Unanswered) {
    const { what, remedy } = diagnoseConnection(error, target);
    return failure(what, remedy);
  }
  if (error instanceof Refused) {
    const { what, remedy } = diagnose(error.reply, target);
    return failure(what, remedy);
  }
  if (error instanceof Corrupt) return failure(error.diagnosis.what, error.diagnosis.remedy);
  return failure(`the doctor itself failed: ${String(error)}`, "please report it");
}
