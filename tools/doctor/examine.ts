import { setTimeout as sleep } from "node:timers/promises";
import { printable } from "../logs/printable.ts";
import { LIMITS, type Limits } from "./checks/latency.ts";
import { CHECKS } from "./checks.ts";
import { type ClientOptions, createClient } from "./http/client.ts";
import type { Question } from "./question.ts";
import { createRedactor, mayBeSecret } from "./redact.ts";
import { type Examination, run } from "./run.ts";
import { createVisit, type Visit } from "./visit.ts";

/** The mirror may wait for its upstream more than once, 10 seconds each. */
export const BOUNDS = { connectMs: 10_000, firstByteMs: 30_000, bodyMs: 60_000 };

/** How an examination differs from the usual; for tests. */
export type ExamineOptions = Partial<Pick<ClientOptions, "bounds" | "ca">> & {
  readonly limits?: Limits;
  readonly now?: () => number;
  readonly pause?: (ms: number) => Promise<void>;
};

/** Runs every check; nothing that it returns tells the path secret or the token. */
export async function examine(
  question: Question,
  options: ExamineOptions = {},
): Promise<{ readonly examination: Examination; readonly visit: Visit }> {
  const { bounds = BOUNDS, ca, limits = LIMITS, now = () => Date.now(), pause = sleep } = options;
  const client = createClient({ origin: question.target.origin, bounds, ca });
  const visit = createVisit(question, { client, limits, now, pause });
  try {
    return { examination: redacted(await run(CHECKS, visit), question), visit };
  } finally {
    client.close();
  }
}

/** What to do is in the doctor's own words; what was seen may have anything in it. */
function redacted({ results, notChecked }: Examination, { target, user }: Question): Examination {
  const path = target.secret !== null && mayBeSecret(target.secret) ? target.secret : null;
  const secrets = [path, user?.token, user && `${user.name}:${user.token}`];
  const hide = createRedactor(secrets.filter((secret) => typeof secret === "string"));
  return {
    results: results.map(({ evidence, ...result }) => ({
      ...result,
      evidence: printable(hide(evidence)),
    })),
    notChecked,
  };
}
