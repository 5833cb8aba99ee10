import { type Env, misconfigured, readTable, readText, type SettingName } from "./env.ts";
import type { Registries, Registry } from "./mirror/registry.ts";
import { parseJsonObject } from "./protocol/json.ts";
import { parseImageName } from "./protocol/name.ts";
import { isLoopback } from "./protocol/origin.ts";
import type { Account } from "./upstream/upstream.ts";

const DOCKER_HUB = "docker.io";
const DOCKER_HUB_NAMESPACE = "library";
const DOCKER_HUB_HOSTS = [DOCKER_HUB, "index.docker.io", "registry-1.docker.io"];
const DOCKER_HUB_INDEX = "https://index.docker.io";
/** Cache keys are bounded, and the host stands in each. */
const MAX_HOST_LENGTH = 64;
/** A name or an address as URLs have it, perhaps with a port. No pattern: each host is named. */
const HOST = /^([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:\d+)?$/;
/** As it can stand in front of a name: with a dot or a port, or `localhost`. */
const REGISTRY_NAME = /^(?=.*[.:]|localhost$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/;

/** @throws RegistryError UNKNOWN 500 that names the variable and never tells a secret's value. */
export function readRegistries(env: Env): Registries {
  const accounts = readAccounts(env);
  const primary = readPrimary(env, accounts);
  const further = [...readTable(env, "REGISTRIES")].flatMap(([name, origin]) => {
    const url = readOrigin("REGISTRIES", `["${name}"] `, origin);
    checkName(name);
    if (!primary.aliases.includes(name)) return [createRegistry(name, url, accounts)];
    if (url.origin === primary.url.origin) return [];
    throw misconfigured("REGISTRIES", `["${name}"] is not UPSTREAM, which has that name`);
  });
  const all = [primary, ...further];
  const aliases = all.flatMap((registry) => registry.aliases);
  if (new Set(aliases).size < aliases.length) {
    throw misconfigured("REGISTRIES", "has one name for two upstreams");
  }
  // The host stands in every cache key, so that nothing of one registry answers for another.
  if (new Set(all.map(({ url }) => url.host)).size < all.length) {
    throw misconfigured("REGISTRIES", "has two names for one upstream");
  }
  const stranger = [...accounts.keys()].find((name) => !all.some((known) => known.name === name));
  if (stranger !== undefined) {
    throw misconfigured("REGISTRY_ACCOUNTS", "has a registry that is not in REGISTRIES");
  }
  return { primary, all, byHost: readHosts(env, all) };
}

function readPrimary(env: Env, accounts: ReadonlyMap<string, Account>): Registry {
  const url = readOrigin("UPSTREAM", "", readText(env, "UPSTREAM"));
  const isHub = DOCKER_HUB_HOSTS.includes(url.host);
  const namespace = String(env.NAMESPACE ?? (isHub ? DOCKER_HUB_NAMESPACE : ""));
  if (namespace !== "" && parseImageName(namespace)?.host !== null) {
    throw misconfigured("NAMESPACE", 'must be a repository namespace such as "library", or empty');
  }
  const name = namespace === DOCKER_HUB_NAMESPACE ? DOCKER_HUB : url.host;
  const named = createRegistry(name, url, accounts);
  const aliases = [...new Set([...named.aliases, url.host])];
  const account = readUpstreamAccount(env);
  if (account !== null && named.account !== null) {
    throw misconfigured("REGISTRY_ACCOUNTS", `has ${name}, whose account is UPSTREAM_USERNAME`);
  }
  return { ...named, namespace, aliases, account: account ?? named.account };
}

function createRegistry(name: string, url: URL, accounts: ReadonlyMap<string, Account>): Registry {
  const isHub = DOCKER_HUB_HOSTS.includes(url.host);
  return {
    name,
    url,
    namespace: isHub || name === DOCKER_HUB ? DOCKER_HUB_NAMESPACE : "",
    aliases: name === DOCKER_HUB ? DOCKER_HUB_HOSTS : [name],
    publicNamespace: isHub ? DOCKER_HUB_NAMESPACE : null,
    account: accounts.get(name) ?? null,
    index: isHub ? new URL(DOCKER_HUB_INDEX) : url,
  };
}

function checkName(name: string): void {
  if (name.length <= MAX_HOST_LENGTH && REGISTRY_NAME.test(name)) return;
  throw misconfigured("REGISTRIES", `has "${name}", which is no name of a registry, as ghcr.io is`);
}

/** @param which entry of the setting; empty if it is the setting itself. */
function readOrigin(setting: SettingName, which: string, raw: string): URL {
  const url = URL.parse(raw);
  if (url === null || ![url.origin, `${url.origin}/`].includes(raw))
    throw misconfigured(setting, `${which}must be an origin such as https://registry-1.docker.io`);
  if (url.host.length > MAX_HOST_LENGTH) {
    throw misconfigured(
      setting,
      `${which}must have a host of at most ${MAX_HOST_LENGTH} characters`,
    );
  }
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname)))
    return url;
  throw misconfigured(setting, `${which}must be https; http is for a loopback host alone`);
}

function readHosts(env: Env, all: readonly Registry[]): ReadonlyMap<string, Registry> {
  const hosts = new Map<string, Registry>();
  for (const [text, name] of readTable(env, "HOSTS")) {
    const registry = all.find(({ aliases }) => aliases.includes(name.toLowerCase()));
    if (registry === undefined) {
      throw misconfigured("HOSTS", `["${text}"] must be a name in REGISTRIES, or of UPSTREAM`);
    }
    const host = readHost(text);
    if (hosts.has(host)) throw misconfigured("HOSTS", `has "${host}" twice`);
    hosts.set(host, registry);
  }
  return hosts;
}

/** @returns the host as URLs of requests have it. */
function readHost(text: string): string {
  const url = URL.parse(`https://${text}`);
  const isHost = url !== null && url.href === `https://${url.host}/` && HOST.test(url.host);
  if (isHost) return url.host;
  throw misconfigured("HOSTS", `has "${text}", which is no host, as quay.example.com is`);
}

function readUpstreamAccount(env: Env): Account | null {
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

function readAccounts(env: Env): ReadonlyMap<string, Account> {
  const raw = readText(env, "REGISTRY_ACCOUNTS");
  const record = raw === "" ? {} : parseJsonObject(new TextEncoder().encode(raw));
  const accounts = Object.entries(record ?? { "": null }).map(([name, value]) => {
    const { username, password } = Object(value) as Record<string, unknown>;
    if (isText(username) && isText(password) && !username.includes(":")) {
      return [name.toLowerCase(), { username, password }] as const;
    }
    throw misconfigured(
      "REGISTRY_ACCOUNTS",
      'must be JSON: {"ghcr.io": {"username": "…", "password": "…"}}',
    );
  });
  return new Map(accounts);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
