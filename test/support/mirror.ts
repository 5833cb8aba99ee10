import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeConfig } from "./mirror/config.ts";
import { startWrangler } from "./mirror/wrangler.ts";

/** How a mirror is started. */
export interface MirrorOptions {
  /** The Worker's vars and secrets, by name. */
  readonly vars: Readonly<Record<string, string | number>>;
  /** A free port unless said. */
  readonly port?: number;
  /** Where KV, caches and blobs are kept; a directory that goes with the mirror unless said. */
  readonly persistTo?: string;
  /** Whether it has a bucket for blobs, and a cron trigger; it has neither unless said. */
  readonly keepsBlobs?: boolean;
  /** How often a client may start a pull in a minute; no limit unless said. */
  readonly rateLimit?: number;
}

/** The real Worker in workerd, listening on loopback. */
export interface Mirror {
  readonly origin: string;
  /** The process group of wrangler and workerd. */
  readonly group: number;
  /** What wrangler and the Worker have written so far. */
  log(): string;
  /** Does what the cron trigger does. */
  tend(): Promise<void>;
  /** Ends the processes of this mirror, no others, and waits for them. */
  close(): Promise<void>;
  /** As `close`, but with no chance to bring anything to its end. */
  kill(): Promise<void>;
}

/**
 * Starts the Worker with `wrangler dev`, without network or account, and waits until it serves.
 * Rejects with its log when it does not.
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
    const close = () => wrangler.stop().then(clean);
    const kill = () => wrangler.kill().then(clean);
    await expectPing(wrangler).catch(async (error) => {
      await close();
      throw error;
    });
    const tend = () => trigger(wrangler.origin);
    const { origin, group } = wrangler;
    return { origin, group, log: wrangler.log, tend, close, kill };
  } catch (error) {
    await clean();
    throw error;
  }
}

async function expectPing({ origin, log }: { origin: string; log(): string }): Promise<void> {
  const { status } = await fetch(`${origin}/v2/`);
  // A locked one answers 401 or 404.
  if (![200, 401, 404].includes(status)) throw new Error(`GET /v2/ answers ${status}.\n${log()}`);
}

/** By the address at which wrangler has a Worker's cron trigger. */
async function trigger(origin: string): Promise<void> {
  const answer = await fetch(`${origin}/cdn-cgi/handler/scheduled`);
  const text = await answer.text();
  if (text !== "ok") throw new Error(`The cron trigger answers ${answer.status}: ${text}`);
}
