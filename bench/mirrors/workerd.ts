import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import type { Bundle } from "./bundle.ts";
import { createProcessMeter, ownWorkerds, type ProcessMeter } from "./process.ts";

/** One Worker in a workerd of its own, in two isolates that share KV and R2. */
export interface Workerd {
  readonly origins: readonly [near: string, far: string];
  /** Null where the machine does not tell. */
  readonly process: ProcessMeter | null;
  stop(): Promise<void>;
}

/** What the Worker is run with. */
export interface WorkerdOptions {
  readonly bundle: Bundle;
  readonly vars: Readonly<Record<string, string>>;
  /** Whether the R2 bucket BLOBS is bound besides the KV namespace CACHE. */
  readonly hasBlobs: boolean;
}

const ROOT = join(import.meta.dirname, "../..");
const LOOPBACK = { host: "127.0.0.1", port: 0 };
const NAMES = ["near", "far"] as const;

/** Starts the Worker behind the instruments. One at a time, or their processes are mixed up. */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const before = ownWorkerds();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...LOOPBACK,
      // Each of these two would call home.
      ...{ cf: false, telemetry: { enabled: false } },
      handleStructuredLogs() {},
      workers: NAMES.map((name) => workerOptions(name, options)),
    }),
  );
  await miniflare.ready;
  const [id] = [...ownWorkerds()].filter((known) => !before.has(known));
  const [near, far] = await Promise.all(NAMES.map((name) => miniflare.unsafeGetDirectURL(name)));
  if (near === undefined || far === undefined) throw new Error("Miniflare has no direct sockets.");
  return {
    origins: [near.origin, far.origin],
    process: id === undefined ? null : createProcessMeter(id),
    stop: () => miniflare.dispose(),
  };
}

function workerOptions(name: string, { bundle, vars, hasBlobs }: WorkerdOptions) {
  return {
    name,
    modulesRoot: "/bench",
    modules: [
      { type: "ESModule" as const, path: "/bench/entry.js", contents: readInstruments() },
      { type: "ESModule" as const, path: "/bench/worker.js", contents: bundle.code },
    ],
    compatibilityDate: readCompatibilityDate(),
    bindings: vars,
    kvNamespaces: { CACHE: "cache" },
    ...(hasBlobs && { r2Buckets: { BLOBS: "blobs" } }),
    // Past the Worker that Miniflare puts before every other, which would cost more than this one.
    unsafeDirectSockets: [LOOPBACK],
  };
}

function readInstruments(): string {
  return stripTypeScriptTypes(
    readFileSync(join(import.meta.dirname, "../instrument/entry.ts"), "utf8"),
  );
}

function readCompatibilityDate(): string {
  const settings = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  const [, date] = /^compatibility_date = "(.*)"$/m.exec(settings) ?? [];
  if (date === undefined) throw new Error("wrangler.toml has no compatibility_date.");
  return date;
}
