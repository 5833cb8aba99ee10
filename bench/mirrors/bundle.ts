import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { environment } from "../../test/support/mirror/wrangler.ts";

/** A Worker as it is deployed: one module. */
export interface Bundle {
  readonly code: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

const ROOT = join(import.meta.dirname, "../..");

/**
 * Bundles a Worker as `wrangler deploy` does, without network or account.
 *
 * @param entry path of its main module, from the root of the project.
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

/** @param file a Worker that was bundled before, as one ES module. */
export async function readBundle(file: string): Promise<Bundle> {
  const code = await readFile(file);
  return { code: code.toString(), bytes: code.length, gzipBytes: gzipSync(code).length };
}
