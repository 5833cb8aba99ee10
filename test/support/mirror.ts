import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWrangler } from "./mirror/wrangler.ts";

/** How a mirror is started. */
export interface MirrorOptions {
  /** The Worker's vars and secrets, by name. */
  readonly vars: Readonly<Record<string, string | number>>;
  /** A free port unless said. */
  readonly port?: number;
  /** Where KV and caches are kept; a directory that goes with the mirror unless said. */
  readonly persistTo?: string;
}

/** The real Worker in workerd, listening on loopback. */
export interface Mirror {
  readonly origin: string;
  /** What wrangler and the Worker have written so far. */
  log(): string;
  /** Ends the processes of this mirror, no others, and waits for them. */
  close(): Promise<void>;
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
      ...["--persist-to", options.persistTo ?? join(home, "state")],
      ...["--port", String(options.port ?? 0)],
      ...Object.entries(options.vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ]);
    const close = async () => {
      await wrangler.stop();
      await clean();
    };
    await expectPing(wrangler).catch(async (error) => {
      await close();
      throw error;
    });
    return { origin: wrangler.origin, log: wrangler.log, close };
  } catch (error) {
    await clean();
    throw error;
  }
}

async function expectPing({ origin, log }: { origin: string; log(): string }): Promise<void> {
  const { status } = await fetch(`${origin}/v2/`);
  // A lock answers 401 or 404; whatever keeps the Worker from working is a 500.
  if (status >= 500) throw new Error(`GET /v2/ answers ${status}.\n${log()}`);
}
