import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { parse } from "smol-toml";
import { bundle } from "../../../bench/workerd.ts";
import { ROOT } from "../repository.ts";

/** The part of wrangler.toml that is read here. */
interface Config {
  readonly compatibility_date: string;
  readonly compatibility_flags?: readonly string[];
  readonly vars: Readonly<Record<string, unknown>>;
  readonly r2_buckets?: readonly { readonly binding: string; readonly bucket_name: string }[];
  readonly ratelimits?: readonly {
    readonly name: string;
    readonly namespace_id: string;
    readonly simple: { readonly limit: number; readonly period: 10 | 60 };
  }[];
}

/** How the Worker is started. */
export interface WorkerdOptions {
  /** wrangler.toml, as text. */
  readonly config: string;
  /** As by `--var`: over those of wrangler.toml, and as text. */
  readonly vars: Readonly<Record<string, string | number>>;
  /** The directory of the stores, as for `--persist-to`. */
  readonly persistTo: string;
  readonly port: number;
}

/** A running workerd with the Worker. */
export interface Workerd {
  readonly origin: string;
  /** What the Worker has logged. */
  log(): string;
  /** Kills it. */
  stop(): Promise<void>;
}

/** The bundle of this or an earlier run, by the digest of its sources. */
const BUNDLES = join(ROOT, "dist/test");

/**
 * Starts the Worker as `wrangler dev` does, with the stores at the same places, but without wrangler:
 * that takes most of the time of a start.
 */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const config = parse(options.config) as unknown as Config;
  const lines: string[] = [];
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...{ host: "127.0.0.1", port: options.port },
      // Both would cause requests to the internet.
      ...{ cf: false, telemetry: { enabled: false } },
      handleStructuredLogs: ({ message }) => lines.push(message),
      resourcePersistencePath: join(options.persistTo, "v3"),
      // Part of the path of the edge cache.
      name: "sampan",
      modulesRoot: "/worker",
      modules: [{ type: "ESModule", path: "/worker/worker.js", contents: await bundledWorker() }],
      compatibilityDate: config.compatibility_date,
      compatibilityFlags: [...(config.compatibility_flags ?? [])],
      bindings: { ...config.vars, ...textsOf(options.vars) } as Record<string, string>,
      kvNamespaces: { CACHE: "CACHE" },
      r2Buckets: Object.fromEntries(
        (config.r2_buckets ?? []).map(({ binding, bucket_name }) => [binding, bucket_name]),
      ),
      ratelimits: Object.fromEntries(
        (config.ratelimits ?? []).map(({ name, ...limit }) => [name, limit]),
      ),
    }),
  );
  const { origin } = await miniflare.ready;
  return { origin, log: () => lines.join("\n"), stop: () => miniflare.dispose() };
}

function textsOf(vars: WorkerdOptions["vars"]): Record<string, string> {
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, String(value)]));
}

/** The Worker as it is deployed, in one module. It is bundled once for each state of its sources. */
async function bundledWorker(): Promise<string> {
  const name = `${digestOfSources()}.js`;
  const file = join(BUNDLES, name);
  if (existsSync(file)) return readFileSync(file, "utf8");
  const { code } = await bundle("src/worker.ts");
  await mkdir(BUNDLES, { recursive: true });
  // Another process may do the same at this moment.
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, code);
  await rename(mine, file);
  const old = readdirSync(BUNDLES).filter((other) => other.endsWith(".js") && other !== name);
  for (const other of old) await rm(join(BUNDLES, other), { force: true });
  return code;
}

function digestOfSources(): string {
  const hash = createHash("sha256");
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  const files = sources.filter((name) => /\.\w+$/.test(name)).map((name) => join("src", name));
  for (const file of [...files.sort(), "package.json", "package-lock.json", "wrangler.toml"]) {
    hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest("hex");
}
