import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { parse } from "smol-toml";
import { environment } from "../test/support/mirror/wrangler.ts";

const ROOT = join(import.meta.dirname, "..");

/** A Worker in the form that is deployed: one module. */
export interface Bundle {
  readonly code: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/**
 * Bundles a Worker as `wrangler deploy` does, without network and account.
 *
 * @param entry path of its main module from the root of the project.
 */
export async function bundle(entry: string): Promise<Bundle> {
  const home = await mkdtemp(join(tmpdir(), "sampan-bench-"));
  try {
    await promisify(execFile)(
      process.execPath,
      [join(ROOT, "node_modules/.bin/wrangler"), "deploy", entry, "--dry-run", "--outdir", home],
      { cwd: ROOT, env: environment(home) },
    );
    return await readBundle(join(home, basename(entry).replace(/\.ts$/, ".js")));
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** @param file a Worker that is bundled already, as one ES module. */
export async function readBundle(file: string): Promise<Bundle> {
  return toBundle(await readFile(file, "utf8"));
}

/** @param code one ES module. */
export function toBundle(code: string): Bundle {
  return { code, bytes: Buffer.byteLength(code), gzipBytes: gzipSync(code).length };
}

/** One Worker in a workerd process of its own, in two isolates that share KV and R2. */
export interface Workerd {
  readonly origins: readonly [near: string, far: string];
  /** Null where the system has no /proc. */
  readonly process: ProcessMeter | null;
  stop(): Promise<void>;
}

export interface WorkerdOptions {
  readonly bundle: Bundle;
  readonly vars: Readonly<Record<string, string>>;
  /** Whether the R2 bucket BLOBS is bound in addition to the KV namespace CACHE. */
  readonly hasBlobs: boolean;
}

const LOOPBACK = { host: "127.0.0.1", port: 0 };
const NAMES = ["near", "far"] as const;
/** The instruments come first, so that they are evaluated before the Worker. */
const ENTRY = `
import { instrument } from "./instrument.js";
import worker from "./worker.js";
export default instrument(worker);
`;
/** What the Worker imports instead of `cloudflare:workers`. */
const PLATFORM = `
export * from "cloudflare:workers";
export { env, waitUntil } from "./instrument.js";
`;

/**
 * Starts the Worker with the instruments. Start one at a time: the new process is recognised by its
 * absence before.
 */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const before = childProcesses();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...LOOPBACK,
      // Both would cause requests to the internet.
      ...{ cf: false, telemetry: { enabled: false } },
      handleStructuredLogs() {},
      workers: NAMES.map((name) => workerOptions(name, options)),
    }),
  );
  await miniflare.ready;
  const [id] = childProcesses().filter((known) => !before.includes(known));
  const [near, far] = await Promise.all(NAMES.map((name) => miniflare.unsafeGetDirectURL(name)));
  if (near === undefined || far === undefined) throw new Error("Miniflare has no direct sockets");
  return {
    origins: [near.origin, far.origin],
    process: id === undefined ? null : createProcessMeter(id),
    stop: () => miniflare.dispose(),
  };
}

function workerOptions(name: string, { bundle, vars, hasBlobs }: WorkerdOptions) {
  const instrument = readFileSync(join(import.meta.dirname, "instrument.ts"), "utf8");
  const worker = bundle.code.replaceAll('"cloudflare:workers"', '"./platform.js"');
  const modules = {
    "entry.js": ENTRY,
    "platform.js": PLATFORM,
    "instrument.js": stripTypeScriptTypes(instrument),
    "worker.js": worker,
  };
  const settings = parse(readFileSync(join(ROOT, "wrangler.toml"), "utf8"));
  return {
    name,
    modulesRoot: "/bench",
    modules: Object.entries(modules).map(([file, contents]) => {
      return { type: "ESModule" as const, path: `/bench/${file}`, contents };
    }),
    compatibilityDate: String(settings.compatibility_date),
    compatibilityFlags: (settings.compatibility_flags ?? []) as string[],
    bindings: vars,
    kvNamespaces: { CACHE: "cache" },
    ...(hasBlobs && { r2Buckets: { BLOBS: "blobs" } }),
    // Bypasses the proxy Worker of Miniflare, which costs more than the measured Worker.
    unsafeDirectSockets: [LOOPBACK],
  };
}

/** CPU and memory of one process. */
export interface ProcessMeter {
  /** Milliseconds of CPU so far, user and system. */
  cpuMs(): number;
  /** The highest resident memory so far, in bytes. */
  peakBytes(): number;
  /** The resident memory now, in bytes. */
  residentBytes(): number;
}

const NANOSECONDS_PER_MS = 1_000_000;
/** The CPU time of a process, if that of its threads is unknown. */
const TICK_MS = 10;

/** @returns the ids of the workerd processes started by this process; none without /proc. */
function childProcesses(): number[] {
  const ids = readOrNull(() => readdirSync("/proc")) ?? [];
  return ids
    .filter((id) => /^\d+$/.test(id))
    .map(Number)
    .filter((id) => {
      const stat = readStat(id);
      return stat?.name === "workerd" && stat.parent === process.pid;
    });
}

export function createProcessMeter(id: number): ProcessMeter {
  return {
    cpuMs: () => readThreadsMs(id) ?? (readStat(id)?.ticks ?? 0) * TICK_MS,
    peakBytes: () => readStatusBytes(id, "VmHWM"),
    residentBytes: () => readStatusBytes(id, "VmRSS"),
  };
}

/**
 * The CPU time of all threads from schedstat, in nanoseconds there (Linux, sched-stats.rst). workerd
 * keeps its threads.
 *
 * @returns null if the kernel does not count it.
 */
function readThreadsMs(id: number): number | null {
  const threads = readOrNull(() => readdirSync(`/proc/${id}/task`)) ?? [];
  const times = threads.map((thread) =>
    readOrNull(() => readFileSync(`/proc/${id}/task/${thread}/schedstat`, "utf8")),
  );
  if (times.every((time) => time === null)) return null;
  const total = times.reduce((sum, time) => sum + Number.parseInt(time ?? "0", 10), 0);
  return total / NANOSECONDS_PER_MS;
}

/** A field of proc_pid_status(5) in kB; 0 if it is absent. */
function readStatusBytes(id: number, field: string): number {
  const status = readOrNull(() => readFileSync(`/proc/${id}/status`, "utf8")) ?? "";
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) * 1024;
}

/** Fields of proc_pid_stat(5). The name may contain spaces, so the others start after its bracket. */
function readStat(id: number): { name: string; parent: number; ticks: number } | null {
  const line = readOrNull(() => readFileSync(`/proc/${id}/stat`, "utf8")) ?? "";
  const [, name, rest = ""] = /\((.*)\) (.*)/.exec(line) ?? [];
  if (name === undefined) return null;
  const fields = rest.split(" ").map(Number);
  return { name, parent: fields[1] ?? 0, ticks: (fields[11] ?? 0) + (fields[12] ?? 0) };
}

/** A process may end at any moment, and its files with it. */
function readOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
