import { readAccess } from "./config-access.ts";
import { readRegistries } from "./config-registries.ts";
import { type Env, misconfigured, readText, type SettingName } from "./env.ts";
import type { AccessConfig } from "./mirror/context.ts";
import type { Registries } from "./mirror/registry.ts";

export interface Config {
  readonly registries: Registries;
  readonly tagTtlSeconds: number;
  readonly staleTtlSeconds: number;
  readonly upstreamTimeoutSeconds: number;
  readonly blobMaxBytes: number;
  readonly blobKeepMs: number;
  readonly access: AccessConfig;
}

const MAX_TIMEOUT_SECONDS = 100;
/** What R2 takes at once. */
const MAX_BLOB_BYTES = 4_995 * 1024 * 1024;
const MAX_KEEP_DAYS = 3_650;
const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_TTL_SECONDS = 10 * 365 * 24 * 60 * 60;

/** @returns the configuration; the environment of an isolate never changes, so it is read once. */
export function configOf(env: Env, known: WeakMap<Env, Config>): Config {
  const config = known.get(env) ?? readConfig(env);
  known.set(env, config);
  return config;
}

/**
 * Reads and checks everything at once.
 *
 * @throws RegistryError UNKNOWN 500 that names the variable and never tells a secret's value.
 */
export function readConfig(env: Env): Config {
  if (!env.CACHE) throw misconfigured("CACHE", "is not bound to a KV namespace");
  const registries = readRegistries(env);
  return {
    registries,
    access: readAccess(env, registries),
    tagTtlSeconds: readNumber(env, "TAG_TTL_SECONDS", "seconds", 0, MAX_TTL_SECONDS),
    staleTtlSeconds: readNumber(env, "STALE_TTL_SECONDS", "seconds", 0, MAX_TTL_SECONDS),
    upstreamTimeoutSeconds: readNumber(
      env,
      "UPSTREAM_TIMEOUT_SECONDS",
      "seconds",
      1,
      MAX_TIMEOUT_SECONDS,
    ),
    blobMaxBytes: readNumber(env, "BLOB_MAX_BYTES", "bytes", 1, MAX_BLOB_BYTES),
    blobKeepMs: readNumber(env, "BLOB_KEEP_DAYS", "days", 1, MAX_KEEP_DAYS) * DAY_MS,
  };
}

function readNumber(env: Env, name: SettingName, unit: string, min: number, max: number): number {
  const raw = readText(env, name);
  const number = /^\d{1,10}$/.test(raw) ? Number(raw) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw misconfigured(name, `must be a whole number of ${unit} from ${min} to ${max}`);
}
