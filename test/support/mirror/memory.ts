import { readdir, readFile, writeFile } from "node:fs/promises";

/** The memory of a running workerd, from `/proc`. */
export interface WorkerdMemory {
  /** Resident memory now, in bytes. */
  resident(): Promise<number>;
  /** The most resident memory since the last call of `reset`, in bytes. */
  peak(): Promise<number>;
  reset(): Promise<void>;
}

/**
 * The one that this process has started.
 *
 * @throws Error if there is none.
 */
export async function memoryOfWorkerd(): Promise<WorkerdMemory> {
  const all = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found: string[] = [];
  for (const pid of all) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(stat) ?? [];
    if (name === "workerd" && Number(parent) === process.pid) found.push(pid);
  }
  const sizes = await Promise.all(
    found.map(async (pid) => ({ pid, bytes: await read(pid, "VmRSS") })),
  );
  // Miniflare may run a small one of its own.
  const [largest] = sizes.sort((a, b) => b.bytes - a.bytes);
  if (largest === undefined) throw new Error("This process has no workerd.");
  const { pid } = largest;
  return {
    resident: () => read(pid, "VmRSS"),
    peak: () => read(pid, "VmHWM"),
    // proc(5), /proc/[pid]/clear_refs.
    reset: () => writeFile(`/proc/${pid}/clear_refs`, "5"),
  };
}

async function read(pid: string, field: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const [, kibibytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no ${field}.`);
  return Number(kibibytes) * 1024;
}
