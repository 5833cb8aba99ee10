import { existsSync, readFileSync } from "node:fs";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { OWN_FILE, SHIPPED_FILE } from "../wrangler/config.ts";
import { parseConfig } from "./toml/edit.ts";

/** The file with the owner's settings, which setup edits. */
export interface Settings {
  /** `mirror.toml`, or `wrangler.toml` if the owner has edited that one. */
  readonly name: string;
  /** Whether there is no such file yet. */
  readonly isNew: boolean;
  /** The project's configuration below it; empty if the file is that itself. */
  readonly shipped: string;
  read(): Promise<string>;
  /** Replaces the whole file, or leaves it as it is. */
  write(text: string): Promise<void>;
}

/** What only an owner writes into wrangler.toml. */
const OWNERS_KEYS = ["routes", "route", "vars", "r2_buckets", "ratelimits", "triggers"];
const NEW_FILE = `# Your settings. They replace the same keys of wrangler.toml, which has all that can be set, as
# comments. No secret belongs into this file; in a fork, commit it. docs/deploy.md tells more.

`;

/** @returns the owner's settings in the folder of the project. */
export function findSettings(folder: string): Settings {
  const shipped = readFileSync(join(folder, SHIPPED_FILE), "utf8");
  const hasOwnFile = existsSync(join(folder, OWN_FILE));
  if (!hasOwnFile && isOwners(shipped)) return openSettings(join(folder, SHIPPED_FILE), "");
  return openSettings(join(folder, OWN_FILE), shipped);
}

/** A file that is replaced as a whole: an interrupted write leaves the old content. */
export function openSettings(path: string, shipped: string): Settings {
  return {
    name: basename(path),
    isNew: !existsSync(path),
    shipped,
    async read() {
      return existsSync(path) ? readFile(path, "utf8") : NEW_FILE;
    },
    async write(text) {
      const draft = `${path}.${process.pid}.tmp`;
      try {
        const mode = existsSync(path) ? (await stat(path)).mode : undefined;
        await writeFile(draft, text, { mode });
        await rename(draft, path);
      } finally {
        await rm(draft, { force: true });
      }
    },
  };
}

/** Whether wrangler.toml has an owner's settings, as it had to before there was mirror.toml. */
function isOwners(text: string): boolean {
  const config = parseConfig(text, SHIPPED_FILE);
  const namespaces = (config.kv_namespaces ?? []) as readonly { readonly id?: string }[];
  return OWNERS_KEYS.some((key) => key in config) || namespaces.some(({ id }) => id !== undefined);
}
