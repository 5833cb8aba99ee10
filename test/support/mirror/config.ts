import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT, SHIPPED } from "../repository.ts";

/** What wrangler.toml has ready for whoever wants blobs to be kept. */
const SECTIONS = ["[[r2_buckets]]"];

/**
 * Writes wrangler.toml into a directory, as it ships or as an owner has it who wants blobs to be
 * kept.
 *
 * @returns its path.
 */
export async function writeConfig(directory: string, keepsBlobs: boolean): Promise<string> {
  const config = keepsBlobs ? SECTIONS.reduce(uncomment, SHIPPED) : SHIPPED;
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
