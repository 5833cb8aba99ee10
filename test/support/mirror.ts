import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWrangler } from "./mirror/wrangler.ts";
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
  /** The process group of wrangler and workerd. */
  readonly group: number;
  /** The output of wrangler and the Worker so far. */
  log(): string;
  /** Ends the processes of this mirror, no others, and waits for them. */
  close(): Promise<void>;
  /** As `close`, but at once: no pending work is finished. */
  kill(): Promise<void>;
}

/**
 * Starts the Worker with `wrangler dev`, without network or account, and waits until it serves.
 * Rejects with its log if it does not.
 */
export async function startMirror(options: MirrorOptions): Promise<Mirror> {
  const home = await mkdtemp(join(tmpdir(), "sampan-"));
  const clean = () => rm(home, { recursive: true, force: true, maxRetries: 3 });
  try {
    // A given file, even an empty one, keeps wrangler from reading the developer's own secrets.
    const envFile = join(home, "empty.env");
    await writeFile(envFile, "");
    const wrangler = await startWrangler(home, [
      ...["--env-file", envFile],
      ...["--config", await writeConfig(home, options)],
      ...["--persist-to", options.persistTo ?? join(home, "state")],
      ...["--port", String(options.port ?? 0)],
      ...Object.entries(options.vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ]);
    const { origin, group, log } = wrangler;
    const close = () => wrangler.stop().then(clean);
    const kill = () => wrangler.kill().then(clean);
    const { status } = await fetch(`${origin}/v2/`);
    // A locked one answers 401 or 404.
    if ([200, 401, 404].includes(status)) return { origin, group, log, close, kill };
    await close();
    throw new Error(`GET /v2/ answers ${status}.\n${log()}`);
  } catch (error) {
    await clean();
    throw error;
  }
}

/**
 * Writes wrangler.toml as it ships into a directory; with the bucket and the rate limit if the
 * options have them.
 *
 * @returns its path.
 */
export async function writeConfig(
  directory: string,
  { keepsBlobs = false, rateLimit }: Pick<MirrorOptions, "keepsBlobs" | "rateLimit">,
): Promise<string> {
  const main = 'main = "src/worker.ts"';
  if (!SHIPPED.includes(main)) throw new Error(`wrangler.toml has no ${main}.`);
  let config = keepsBlobs ? uncomment(SHIPPED, "[[r2_buckets]]") : SHIPPED;
  if (rateLimit !== undefined) {
    config = uncomment(config, "[[ratelimits]]").replace("limit = 60", `limit = ${rateLimit}`);
  }
  const path = join(directory, "wrangler.toml");
  const absolute = `main = ${JSON.stringify(join(ROOT, "src/worker.ts"))}`;
  await writeFile(path, config.replace(main, absolute));
  return path;
}

/** Removes the comment signs from the section's heading to the next empty line. */
function uncomment(config: string, heading: string): string {
  const lines = config.split("\n");
  const start = lines.indexOf(`# ${heading}`);
  if (start === -1) throw new Error(`wrangler.toml has no line "# ${heading}".`);
  const end = lines.indexOf("", start);
  return lines.map((line, at) => (at >= start && at < end ? line.slice(2) : line)).join("\n");
}
