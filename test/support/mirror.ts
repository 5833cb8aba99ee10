import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWorkerd } from "./mirror/miniflare.ts";
import { ROOT, SHIPPED } from "./repository.ts";

/** How a mirror is started. */
export interface MirrorOptions {
  /** The Worker's vars and secrets, by name. */
  readonly vars: Readonly<Record<string, string | number>>;
  /** A free port unless set. */
  readonly port?: number;
  /** The directory of KV, caches and blobs; one that is removed with the mirror unless set. */
  readonly persistTo?: string;
  /** Whether it has a bucket for blobs; false unless set. */
  readonly keepsBlobs?: boolean;
  /** How often a client may start a pull in a minute; no limit unless said. */
  readonly rateLimit?: number;
}

/** The real Worker in workerd, listening on loopback. */
export interface Mirror {
  readonly origin: string;
  /** What the Worker has logged so far. */
  log(): string;
  /** Ends it at once: pending work is not finished. */
  close(): Promise<void>;
}

/** Starts the Worker, without network or account, and waits until it serves. */
export async function startMirror(options: MirrorOptions): Promise<Mirror> {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), "sampan-"));
  opened.defer(() => rm(home, { recursive: true, force: true, maxRetries: 3 }));
  const { origin, log, stop } = await startWorkerd({
    config: configOf(options),
    vars: options.vars,
    persistTo: options.persistTo ?? home,
    port: options.port ?? 0,
  });
  opened.defer(stop);
  const closing = opened.move();
  return { origin, log, close: () => closing.disposeAsync() };
}

/**
 * Writes wrangler.toml as it ships into a directory; with the bucket and the rate limit if the
 * options have them.
 *
 * @returns its path.
 */
export async function writeConfig(directory: string, options: ConfigOptions): Promise<string> {
  const main = 'main = "src/worker.ts"';
  if (!SHIPPED.includes(main)) throw new Error(`wrangler.toml has no ${main}.`);
  const path = join(directory, "wrangler.toml");
  const absolute = `main = ${JSON.stringify(join(ROOT, "src/worker.ts"))}`;
  await writeFile(path, configOf(options).replace(main, absolute));
  return path;
}

type ConfigOptions = Pick<MirrorOptions, "keepsBlobs" | "rateLimit">;

function configOf({ keepsBlobs = false, rateLimit }: ConfigOptions): string {
  const config = keepsBlobs ? uncomment(SHIPPED, "[[r2_buckets]]") : SHIPPED;
  if (rateLimit === undefined) return config;
  return uncomment(config, "[[ratelimits]]").replace("limit = 60", `limit = ${rateLimit}`);
}

/** Removes the comment signs from the section's heading to the next empty line. */
function uncomment(config: string, heading: string): string {
  const lines = config.split("\n");
  const start = lines.indexOf(`# ${heading}`);
  if (start === -1) throw new Error(`wrangler.toml has no line "# ${heading}".`);
  const end = lines.indexOf("", start);
  return lines.map((line, at) => (at >= start && at < end ? line.slice(2) : line)).join("\n");
}
