import { readdirSync, readFileSync } from "node:fs";

/** What a process has cost so far. */
export interface ProcessMeter {
  /** Milliseconds of CPU, user and system, in steps of 10. */
  cpuMs(): number;
  /** The most memory that it ever had resident, in bytes. */
  peakBytes(): number;
  /** The memory that it has resident now, in bytes. */
  residentBytes(): number;
}

/** Linux counts CPU time in hundredths of a second, whatever the kernel's own clock. */
const TICK_MS = 10;
const NAME = "workerd";

/** @returns the process ids of this process's own workerds; none where there is no /proc. */
export function ownWorkerds(): Set<number> {
  const ids = readable(() => readdirSync("/proc").filter((name) => /^\d+$/.test(name))) ?? [];
  return new Set(ids.map(Number).filter(isOwnWorkerd));
}

/** @returns the meter of a process; null where there is no /proc. */
export function createProcessMeter(id: number): ProcessMeter | null {
  if (readStat(id) === null) return null;
  return {
    cpuMs() {
      const { userTicks, systemTicks } = readStat(id) ?? { userTicks: 0, systemTicks: 0 };
      return (userTicks + systemTicks) * TICK_MS;
    },
    peakBytes: () => readStatusBytes(id, "VmHWM"),
    residentBytes: () => readStatusBytes(id, "VmRSS"),
  };
}

function isOwnWorkerd(id: number): boolean {
  const stat = readStat(id);
  return stat?.name === NAME && stat.parent === process.pid;
}

/** A field of proc_pid_status(5) that is told in kB; 0 if it is not there. */
function readStatusBytes(id: number, field: string): number {
  const status = readable(() => readFileSync(`/proc/${id}/status`, "utf8")) ?? "";
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) * 1024;
}

/** Fields of proc_pid_stat(5); the name may hold spaces, so what counts stands after its bracket. */
function readStat(id: number) {
  const line = readable(() => readFileSync(`/proc/${id}/stat`, "utf8"));
  const [, name, rest = ""] = /\((.*)\) (.*)/.exec(line ?? "") ?? [];
  if (name === undefined) return null;
  const fields = rest.split(" ").map(Number);
  return {
    name,
    parent: fields[1] ?? 0,
    userTicks: fields[11] ?? 0,
    systemTicks: fields[12] ?? 0,
  };
}

/** A process may end at any moment, and its files with it. */
function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
