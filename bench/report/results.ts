import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { BUDGETS, type Budget } from "../budgets.ts";
import { readValue } from "../figure.ts";
import type { Options } from "../options.ts";
import type { Measured } from "../run.ts";
import { judge, type Outcome } from "../targets.ts";

/** A whole run, as it is written down. */
export interface Results extends Measured {
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly seconds: number;
  /** Of the sources; null where git does not tell. */
  readonly commit: string | null;
  readonly isQuick: boolean;
  readonly machine: Machine;
  readonly targets: readonly Outcome[];
  /** Those that are not kept. */
  readonly exceeded: readonly (Budget & { readonly value: number | null })[];
}

interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly node: string;
  readonly platform: string;
}

const GIB_BYTES = 1024 ** 3;

/** Puts together what was measured, since when, and where. */
export function describeRun(measured: Measured, { isQuick }: Options, startedAt: Date): Results {
  return {
    date: startedAt.toISOString(),
    seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    commit: readCommit(),
    isQuick,
    machine: describeMachine(),
    ...measured,
    targets: judge(measured.figures),
    exceeded: exceededBudgets(measured),
  };
}

function exceededBudgets({ figures }: Measured): Results["exceeded"] {
  return BUDGETS.map((budget) => ({
    ...budget,
    value: readValue(figures, budget, budget.mirror),
  })).filter(({ value, atMost }) => value === null || value > atMost);
}

function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? "unknown",
    cores: all.length,
    memoryGib: Math.round(totalmem() / GIB_BYTES),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

function readCommit(): string | null {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "pipe", "ignore"],
    })
      .toString()
      .trim();
  } catch {
    return null;
  }
}
