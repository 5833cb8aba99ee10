import { readAccess } from "./config-access.ts";
import { type Env, misconfigured, readText, type SettingName } from "./env.ts";
import type { AccessConfig } from "./mirror/context.ts";
import { parseImageName } from "./protocol/name.ts";
import { isLoopback } from "./protocol/origin.ts";
import type { Account } from "./upstream/upstream.ts";

export interface Config {
  readonly upstream: URL;
  /** What a bare name belongs to; empty for nothing. */
  readonly namespace: string;
  /** The names by which a client may call the upstream. */
  readonly aliases: readonly string[];
  /** The namespace whose images are public for certain; null if there is none. */
  readonly publicNamespace: string | null;
  readonly account: Account | null;
  readonly tagTtlSeconds: number;
  readonly staleTtlSeconds: number;
  readonly upstreamTimeoutSeconds: number;
  readonly blobMaxBytes: number;
  readonly blobKeepMs: number;
  readonly access: AccessConfig;
}

const DOCKER_HUB_NAMESPACE = "library";
const DOCKER_HUB_HOSTS = ["docker.io", "index.docker.io", "registry-1.docker.io"];
/** Cache keys are bounded, and the host stands in each. */
const MAX_HOST_LENGTH = 64;
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
  const upstream = readUpstream(env);
  const namespace = readNamespace(env, upstream);
  return {
    upstream,
    namespace,
    aliases:
      namespace === DOCKER_HUB_NAMESPACE ? [...DOCKER_HUB_HOSTS, upstream.host] : [upstream.host],
    publicNamespace: isDockerHub(upstream) ? DOCKER_HUB_NAMESPACE : null,
    account: readAccount(env),
    access: readAccess(env),
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

function readUpstream(env: Env): URL {
  const raw = readText(env, "UPSTREAM");
  const url = URL.parse(raw);
  const isOrigin = url !== null && [url.origin, `${url.origin}/`].includes(raw);
  if (!isOrigin)
    throw misconfigured("UPSTREAM", "must be an origin such as https://registry-1.docker.io");
  if (url.host.length > MAX_HOST_LENGTH) {
    throw misconfigured("UPSTREAM", `must have a host of at most ${MAX_HOST_LENGTH} characters`);
  }
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname)))
    return url;
  throw misconfigured("UPSTREAM", "must be https; http is for a loopback host alone");
}

function readNamespace(env: Env, upstream: URL): string {
  const namespace = String(env.NAMESPACE ?? (isDockerHub(upstream) ? DOCKER_HUB_NAMESPACE : ""));
  if (namespace === "" || parseImageName(namespace)?.host === null) return namespace;
  throw misconfigured("NAMESPACE", 'must be a repository namespace such as "library", or empty');
}

function isDockerHub({ host }: URL): boolean {
  return DOCKER_HUB_HOSTS.includes(host);
}

function readAccount(env: Env): Account | null {
  const username = readText(env, "UPSTREAM_USERNAME");
  const password = readText(env, "UPSTREAM_PASSWORD");
  if (username === "" && password === "") return null;
  if (username === "")
    throw misconfigured("UPSTREAM_USERNAME", "is missing, UPSTREAM_PASSWORD is there");
  if (password === "")
    throw misconfigured("UPSTREAM_PASSWORD", "is missing, UPSTREAM_USERNAME is there");
  if (username.includes(":")) throw misconfigured("UPSTREAM_USERNAME", "must have no colon");
  return { username, password };
}

function readNumber(env: Env, name: SettingName, unit: string, min: number, max: number): number {
  const raw = readText(env, name);
  const number = /^\d{1,10}$/.test(raw) ? Number(raw) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw misconfigured(name, `must be a whole number of ${unit} from ${min} to ${max}`);
}
