import { RegistryError } from "./protocol/errors.ts";
import { parseImageName } from "./protocol/name.ts";
import { isLoopback } from "./protocol/origin.ts";
import type { Account } from "./upstream/upstream.ts";

/** What the Worker is deployed with: vars and secrets as text, bindings as objects. */
export type Env = { readonly CACHE: KVNamespace } & {
  readonly [name in keyof typeof DEFAULTS]?: string | number;
};

export interface Config {
  readonly upstream: URL;
  /** What a bare name belongs to; empty for nothing. */
  readonly namespace: string;
  /** The names by which a client may call the upstream. */
  readonly aliases: readonly string[];
  readonly account: Account | null;
  readonly tagTtlSeconds: number;
  readonly staleTtlSeconds: number;
  readonly upstreamTimeoutSeconds: number;
}

/** Every setting and its default; null where there is none. docs/configuration.md explains each. */
export const DEFAULTS = {
  UPSTREAM: "https://registry-1.docker.io",
  NAMESPACE: null,
  UPSTREAM_USERNAME: null,
  UPSTREAM_PASSWORD: null,
  TAG_TTL_SECONDS: 60,
  STALE_TTL_SECONDS: 2_592_000,
  UPSTREAM_TIMEOUT_SECONDS: 10,
} as const;

const DOCKER_HUB_NAMESPACE = "library";
const DOCKER_HUB_HOSTS = ["docker.io", "index.docker.io", "registry-1.docker.io"];
/** Cache keys are bounded, and the host stands in each. */
const MAX_HOST_LENGTH = 64;
const MAX_TIMEOUT_SECONDS = 100;
const MAX_TTL_SECONDS = 10 * 365 * 24 * 60 * 60;

/**
 * Reads and checks everything at once.
 *
 * @throws RegistryError UNKNOWN 500 that names the variable and never tells a secret's value.
 */
export function readConfig(env: Env): Config {
  if (!env.CACHE) throw invalid("CACHE", "is not bound to a KV namespace");
  const upstream = readUpstream(env);
  const namespace = readNamespace(env, upstream);
  return {
    upstream,
    namespace,
    aliases:
      namespace === DOCKER_HUB_NAMESPACE ? [...DOCKER_HUB_HOSTS, upstream.host] : [upstream.host],
    account: readAccount(env),
    tagTtlSeconds: readSeconds(env, "TAG_TTL_SECONDS", { min: 0, max: MAX_TTL_SECONDS }),
    staleTtlSeconds: readSeconds(env, "STALE_TTL_SECONDS", { min: 0, max: MAX_TTL_SECONDS }),
    upstreamTimeoutSeconds: readSeconds(env, "UPSTREAM_TIMEOUT_SECONDS", {
      min: 1,
      max: MAX_TIMEOUT_SECONDS,
    }),
  };
}

function readUpstream(env: Env): URL {
  const raw = String(env.UPSTREAM ?? DEFAULTS.UPSTREAM);
  const url = URL.parse(raw);
  const isOrigin = url !== null && [url.origin, `${url.origin}/`].includes(raw);
  if (!isOrigin)
    throw invalid("UPSTREAM", "must be an origin such as https://registry-1.docker.io");
  if (url.host.length > MAX_HOST_LENGTH) {
    throw invalid("UPSTREAM", `must have a host of at most ${MAX_HOST_LENGTH} characters`);
  }
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname)))
    return url;
  throw invalid("UPSTREAM", "must be https; http is for a loopback host alone");
}

function readNamespace(env: Env, upstream: URL): string {
  const isDockerHub = DOCKER_HUB_HOSTS.includes(upstream.host);
  const namespace = String(env.NAMESPACE ?? (isDockerHub ? DOCKER_HUB_NAMESPACE : ""));
  if (namespace === "" || parseImageName(namespace)?.host === null) return namespace;
  throw invalid("NAMESPACE", 'must be a repository namespace such as "library", or empty');
}

function readAccount(env: Env): Account | null {
  const username = String(env.UPSTREAM_USERNAME ?? "");
  const password = String(env.UPSTREAM_PASSWORD ?? "");
  if (username === "" && password === "") return null;
  if (username === "") throw invalid("UPSTREAM_USERNAME", "is missing, UPSTREAM_PASSWORD is there");
  if (password === "") throw invalid("UPSTREAM_PASSWORD", "is missing, UPSTREAM_USERNAME is there");
  if (username.includes(":")) throw invalid("UPSTREAM_USERNAME", "must have no colon");
  return { username, password };
}

function readSeconds(
  env: Env,
  name: "TAG_TTL_SECONDS" | "STALE_TTL_SECONDS" | "UPSTREAM_TIMEOUT_SECONDS",
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const raw = String(env[name] ?? DEFAULTS[name]);
  const seconds = /^\d{1,10}$/.test(raw) ? Number(raw) : Number.NaN;
  if (seconds >= min && seconds <= max) return seconds;
  throw invalid(name, `must be a whole number of seconds from ${min} to ${max}`);
}

function invalid(name: string, what: string): RegistryError {
  return new RegistryError("UNKNOWN", `the mirror is misconfigured: ${name} ${what}`);
}
