import { execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";
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
  /** Processes that wanted a core when the run began, in the minute before. */
  readonly loadBefore: number;
}

const GIB_BYTES = 1024 ** 3;

/** When a run began, and what the machine was doing. */
export interface Start {
  readonly at: Date;
  readonly load: number;
}

/** To be noted before anything runs. */
export function noteStart(): Start {
  const [load = 0] = loadavg();
  return { at: new Date(), load };
}

/** Puts together what was measured, since when, and where. */
export function describeRun(measured: Measured, { isQuick }: Options, start: Start): Results {
  return {
    date: start.at.toISOString(),
    seconds: Math.round((Date.now() - start.at.getTime()) / 1000),
    commit: readCommit(),
    isQuick,
    machine: { ...describeMachine(), loadBefore: start.load },
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

function describeMachine(): Omit<Machine, "loadBefore"> {
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
