import type { Generator } from "../load/generator.ts";
import type { ProcessMeter } from "../mirrors/process.ts";
import { rotate } from "./rounds.ts";

/** What is asked for again and again. */
export interface Target {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of whoever answers; null if it cannot be told. */
  readonly process: ProcessMeter | null;
}

/** One load on one target. */
export interface Sample {
  readonly answersPerSecond: number;
  readonly bytesPerSecond: number;
  readonly answers: number;
  readonly bytes: number;
  /** Of the target's process; null if it cannot be told. */
  readonly cpuMs: number | null;
}

export interface LoadPlan {
  readonly rounds: number;
  /** Of each load. */
  readonly forMs: number;
  readonly connections: number;
}

/** Loads the targets in turns, one at a time. @returns the samples by the target's name. */
export async function measureThroughput(
  targets: readonly Target[],
  generator: Generator,
  { rounds, forMs, connections }: LoadPlan,
): Promise<Record<string, Sample[]>> {
  const samples: Record<string, Sample[]> = {};
  for (const { name } of targets) samples[name] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const target of rotate(targets, round)) {
      const { name, url, headers, process } = target;
      const cpuBefore = process?.cpuMs() ?? null;
      const { answers, bytes, ms } = await generator.apply({ url, headers, connections, forMs });
      const cpuMs = process && cpuBefore !== null ? process.cpuMs() - cpuBefore : null;
      const seconds = ms / 1000;
      const rates = { answersPerSecond: answers / seconds, bytesPerSecond: bytes / seconds };
      samples[name]?.push({ ...rates, answers, bytes, cpuMs });
    }
  }
  return samples;
}

/**
 * @param per what the cost is spread over.
 * @returns milliseconds of CPU for one of it, over all samples; null if it cannot be told.
 */
export function cpuMsPer(per: "answers" | "bytes", samples: readonly Sample[]): number | null {
  if (samples.length === 0 || samples.some(({ cpuMs }) => cpuMs === null)) return null;
  const cpuMs = samples.reduce((sum, sample) => sum + (sample.cpuMs ?? 0), 0);
  return cpuMs / samples.reduce((sum, sample) => sum + sample[per], 0);
}
