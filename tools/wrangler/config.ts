import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "smol-toml";
import { type Config, parseConfig } from "../setup/toml/edit.ts";
import type { Value } from "../setup/toml/value.ts";

/** The installed wrangler. */
export const WRANGLER = join(import.meta.dirname, "../../node_modules/wrangler/bin/wrangler.js");
/** The project's configuration. Updates change it. */
export const SHIPPED_FILE = "wrangler.toml";
/** The owner's settings. The project never has this file, so no update can conflict with it. */
export const OWN_FILE = "mirror.toml";
/** What wrangler reads if there are such settings. */
const MERGED_FILE = ".mirror.wrangler.toml";
const HEADER = `# Written by the project's scripts from ${SHIPPED_FILE} and ${OWN_FILE}. Edit those.\n`;

/**
 * Writes the configuration that wrangler is to read, if the owner has settings in a file. Those in
 * the dashboard are kept otherwise, by wrangler.toml's `keep_vars`.
 *
 * @returns the arguments for wrangler; none without own settings, since wrangler then finds
 * wrangler.toml by itself.
 * @throws Error with file and line if a file is not TOML.
 */
export function configArguments(folder: string): string[] {
  const shipped = readConfig(folder, SHIPPED_FILE);
  const own = existsSync(join(folder, OWN_FILE)) ? readConfig(folder, OWN_FILE) : null;
  // An owner may have vars in wrangler.toml, too.
  if (own === null && shipped.vars === undefined) return [];
  // Beside wrangler.toml, since the paths in it are relative to its folder.
  const file = join(folder, MERGED_FILE);
  writeFileSync(file, `${HEADER}\n${stringify(mergeConfig(shipped, own ?? {}))}\n`);
  return ["--config", file];
}

/**
 * @returns the project's configuration with the owner's settings: tables are merged, all other
 * values replaced. Vars of the dashboard do not stay, or one that was removed here would.
 */
export function mergeConfig(shipped: Config, own: Config): Config {
  return merge({ ...shipped, keep_vars: false }, own);
}

function merge(base: Config, over: Config): Config {
  const entries = Object.entries(over).map(([key, value]) => {
    const under = base[key];
    return [key, isTable(under) && isTable(value) ? merge(under, value) : value];
  });
  return { ...base, ...Object.fromEntries(entries) };
}

function isTable(value: Value | undefined): value is Config {
  return typeof value === "object" && !Array.isArray(value);
}

function readConfig(folder: string, name: string): Config {
  return parseConfig(readFileSync(join(folder, name), "utf8"), name);
}

/** Whether wrangler failed because there is no login. */
export function isNotLoggedIn(output: string): boolean {
  return /CLOUDFLARE_API_TOKEN|not logged in|wrangler login/i.test(output);
}
