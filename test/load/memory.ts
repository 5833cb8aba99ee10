import type { ProcessMeter } from "../../bench/mirrors/process.ts";

/** What a process had resident, in bytes; 0 where the machine does not tell. */
export interface MemoryFigures {
  readonly peakBytes: number;
  readonly thirdBytes: number;
  readonly endBytes: number;
}

/** @param meter of the process; null where there is no /proc. */
export function watchMemory(meter: ProcessMeter | null) {
  let thirdBytes = 0;
  return {
    /** To be called when a third of the time has passed, and caches have filled. */
    markThird: () => {
      thirdBytes = meter?.residentBytes() ?? 0;
    },
    stop: (): MemoryFigures => ({
      peakBytes: meter?.peakBytes() ?? 0,
      thirdBytes,
      endBytes: meter?.residentBytes() ?? 0,
    }),
  };
}
