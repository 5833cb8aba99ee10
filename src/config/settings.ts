import { RegistryError } from "../protocol/errors.ts";
import { parseJsonObject } from "../protocol/json.ts";

/** Every setting with its default, or null. docs/configuration.md explains each. */
export const DEFAULTS = {
  UPSTREAM: "https://registry-1.docker.io",
  NAMESPACE: null,
  UPSTREAM_USERNAME: null,
  UPSTREAM_PASSWORD: null,
  REGISTRIES: null,
  HOSTS: null,
  REGISTRY_ACCOUNTS: null,
  TAG_TTL_SECONDS: 60,
  STALE_TTL_SECONDS: 2_592_000,
  UPSTREAM_TIMEOUT_SECONDS: 10,
  DELETED_IMAGES: "follow",
  BLOB_MAX_BYTES: 1_073_741_824,
  BLOB_KEEP_DAYS: 30,
  ACCESS_PATHS: null,
  ACCESS_USERS: null,
  ACCESS_NETWORKS: null,
  IMAGES_ALLOW: null,
  IMAGES_DENY: null,
  PRIVATE_IMAGES: "check",
  LOGIN: "off",
  LOGIN_KEY: null,
  HOME_PAGE: "on",
  SEARCH: "off",
  LOG_SAMPLE: 1,
  LOG_CLIENT: "short",
} as const;

export type SettingName = keyof typeof DEFAULTS;

/** The environment of the Worker: bindings as objects; vars and secrets as text, by name. */
export type Env = Cloudflare.Env & {
  readonly [name in SettingName]?: string | number | Readonly<Record<string, unknown>>;
};

/** @returns the setting as text, or its default; empty if it has neither. */
export function readText(env: Env, name: SettingName): string {
  const value = env[name] ?? DEFAULTS[name] ?? "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @returns the setting, which is one of the values. @throws RegistryError UNKNOWN 500. */
export function readChoice<T extends string>(env: Env, name: SettingName, values: readonly T[]): T {
  const raw = readText(env, name);
  const value = values.find((one) => one === raw);
  if (value !== undefined) return value;
  throw misconfigured(name, `must be one of ${values.join(", ")}`);
}

/**
 * @returns the entries of a table, from TOML or JSON, with names in lower case; none if it is not set.
 * @throws RegistryError UNKNOWN 500 if it is not a table of texts.
 */
export function readTable(env: Env, name: SettingName): [string, string][] {
  const table = parseJsonObject(readText(env, name) || "{}");
  if (table === null || Object.values(table).some((value) => typeof value !== "string")) {
    throw misconfigured(name, 'must be a table such as { "ghcr.io" = "https://ghcr.io" }');
  }
  return Object.entries(table).map(([key, value]) => [key.toLowerCase(), String(value)]);
}

/** @returns the entries of a list, separated by commas or white space. */
export function readList(env: Env, name: SettingName): string[] {
  return splitList(readText(env, name));
}

/** @returns the parts of a text, separated by commas or white space. */
export function splitList(text: string): string[] {
  return text.split(/[,\s]+/).filter((entry) => entry !== "");
}

/** @returns an error that names the variable, but never its value, which may be a secret. */
export function misconfigured(name: SettingName, what: string): RegistryError {
  return new RegistryError("UNKNOWN", `the mirror is misconfigured: ${name} ${what}`);
}
