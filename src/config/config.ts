import { type AccessConfig, readAccess } from "./access.ts";
import { type Registries, readRegistries } from "./registries.ts";
import { type Env, misconfigured, readText, type SettingName } from "./settings.ts";

export interface Config {
  readonly registries: Registries;
  readonly tagTtlSeconds: number;
  readonly staleTtlSeconds: number;
  readonly upstreamTimeoutSeconds: number;
  /** Whether a tag that was deleted upstream answers with its last manifest. */
  readonly keepsDeleted: boolean;
  readonly blobMaxBytes: number;
  readonly blobKeepMs: number;
  /** Whether the binding `CACHE` exists. */
  readonly hasKv: boolean;
  readonly hasHomePage: boolean;
  readonly hasSearch: boolean;
  /** The share of successful requests that is logged, from 0 to 1. */
  readonly logSample: number;
  /** Whether the log contains the full address of a client. */
  readonly isLogClientFull: boolean;
  readonly access: AccessConfig;
}

const MAX_TIMEOUT_SECONDS = 100;
/** The limit of R2 for a single upload. */
const MAX_BLOB_BYTES = 4_995 * 1024 * 1024;
const MAX_KEEP_DAYS = 3_650;
const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_TTL_SECONDS = 10 * 365 * 24 * 60 * 60;

/**
 * Reads and validates all settings.
 *
 * @throws RegistryError UNKNOWN 500 that names the variable, but never its value.
 */
export function readConfig(env: Env): Config {
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
    keepsDeleted: readChoice(env, "DELETED_IMAGES", "keep", "follow"),
    blobMaxBytes: readNumber(env, "BLOB_MAX_BYTES", "bytes", 0, MAX_BLOB_BYTES),
    blobKeepMs: readNumber(env, "BLOB_KEEP_DAYS", "days", 1, MAX_KEEP_DAYS) * DAY_MS,
    hasKv: env.CACHE !== undefined,
    hasHomePage: readChoice(env, "HOME_PAGE", "on", "off"),
    hasSearch: readChoice(env, "SEARCH", "on", "off"),
    logSample: readShare(env, "LOG_SAMPLE"),
    isLogClientFull: readChoice(env, "LOG_CLIENT", "full", "short"),
  };
}

function readNumber(env: Env, name: SettingName, unit: string, min: number, max: number): number {
  const raw = readText(env, name);
  const number = /^\d{1,10}$/.test(raw) ? Number(raw) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw misconfigured(name, `must be a whole number of ${unit} from ${min} to ${max}`);
}

/** @returns whether the setting is `yes`; the only other valid value is `no`. */
function readChoice(env: Env, name: SettingName, yes: string, no: string): boolean {
  const raw = readText(env, name);
  if (raw === yes || raw === no) return raw === yes;
  throw misconfigured(name, `must be "${yes}" or "${no}"`);
}

function readShare(env: Env, name: SettingName): number {
  const raw = readText(env, name);
  const share = /^(0(\.\d{1,6})?|1(\.0{1,6})?)$/.test(raw) ? Number(raw) : Number.NaN;
  if (share >= 0) return share;
  throw misconfigured(name, "must be a number from 0 to 1");
}
