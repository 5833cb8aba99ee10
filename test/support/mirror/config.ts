import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT, SHIPPED } from "../repository.ts";

/** Sections that wrangler.toml has in comments. */
export interface Sections {
  /** Whether there is a bucket for blobs. */
  readonly keepsBlobs?: boolean | undefined;
  /** How often a client may start a pull in a minute; no limit by default. */
  readonly rateLimit?: number | undefined;
}

/**
 * Writes wrangler.toml into a directory, as it ships or with further sections.
 *
 * @returns its path.
 */
export async function writeConfig(directory: string, sections: Sections): Promise<string> {
  const { keepsBlobs = false, rateLimit } = sections;
  const withBucket = keepsBlobs ? uncomment(SHIPPED, "[[r2_buckets]]") : SHIPPED;
  const config =
    rateLimit === undefined
      ? withBucket
      : uncomment(withBucket, "[[ratelimits]]").replace("limit = 60", `limit = ${rateLimit}`);
  const main = 'main = "src/worker.ts"';
  if (!config.includes(main)) throw new Error(`wrangler.toml has no ${main}.`);
  const path = join(directory, "wrangler.toml");
  await writeFile(
    path,
    config.replace(main, `main = ${JSON.stringify(join(ROOT, "src/worker.ts"))}`),
  );
  return path;
}

/** Takes the marks off the lines from the section's heading to the next empty line. */
function uncomment(config: string, heading: string): string {
  const lines = config.split("\n");
  const start = lines.indexOf(`# ${heading}`);
  if (start === -1) throw new Error(`wrangler.toml has no line "# ${heading}".`);
  const end = lines.indexOf("", start);
  return lines.map((line, at) => (at >= start && at < end ? line.slice(2) : line)).join("\n");
}
