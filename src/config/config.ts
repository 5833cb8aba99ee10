import { type AccessConfig, readAccess } from "./access.ts";
import { type Registries, readRegistries } from "./registries.ts";
import { type Env, misconfigured, readChoice, readText, type SettingName } from "./settings.ts";

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

const WHOLE_NUMBER = /^\d{1,10}$/;
const SHARE = /^\d(\.\d{1,6})?$/;

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
    tagTtlSeconds: readNumber(env, "TAG_TTL_SECONDS", 0, MAX_TTL_SECONDS),
    staleTtlSeconds: readNumber(env, "STALE_TTL_SECONDS", 0, MAX_TTL_SECONDS),
    upstreamTimeoutSeconds: readNumber(env, "UPSTREAM_TIMEOUT_SECONDS", 1, MAX_TIMEOUT_SECONDS),
    keepsDeleted: readChoice(env, "DELETED_IMAGES", ["keep", "follow"]) === "keep",
    blobMaxBytes: readNumber(env, "BLOB_MAX_BYTES", 0, MAX_BLOB_BYTES),
    blobKeepMs: readNumber(env, "BLOB_KEEP_DAYS", 1, MAX_KEEP_DAYS) * DAY_MS,
    hasKv: env.CACHE !== undefined,
    hasHomePage: readChoice(env, "HOME_PAGE", ["on", "off"]) === "on",
    hasSearch: readChoice(env, "SEARCH", ["on", "off"]) === "on",
    logSample: readNumber(env, "LOG_SAMPLE", 0, 1, SHARE),
    isLogClientFull: readChoice(env, "LOG_CLIENT", ["full", "short"]) === "full",
  };
}

function readNumber(
  env: Env,
  name: SettingName,
  min: number,
  max: number,
  form: RegExp = WHOLE_NUMBER,
): number {
  const raw = readText(env, name);
  const number = form.test(raw) ? Number(raw) : Number.NaN;
  if (number >= min && number <= max) return number;
  const kind = form === WHOLE_NUMBER ? "whole number" : "number";
  throw misconfigured(name, `must be a ${kind} from ${min} to ${max}`);
}
