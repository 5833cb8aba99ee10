import { parseJsonObject } from "../protocol/json.ts";
import { parseImageName } from "../protocol/name.ts";
import { isLoopback } from "../protocol/origin.ts";
import {
  DOCKER_HUB,
  DOCKER_HUB_HOSTS,
  DOCKER_HUB_NAMESPACE,
  knownRegistry,
} from "./registry-table.ts";
import { type Env, misconfigured, readTable, readText, type SettingName } from "./settings.ts";

/** A mirrored registry. */
export interface Registry {
  /** The canonical name before an image's name: `docker.io`, `ghcr.io`. */
  readonly name: string;
  readonly url: URL;
  /** The names that clients may use for it, in lower case. */
  readonly aliases: readonly string[];
  /** The namespace of bare names; empty for none. */
  readonly namespace: string;
  /** The namespace whose images are certainly public, or null. */
  readonly publicNamespace: string | null;
  /** Whether the claims of its tokens show what they allow. */
  readonly hasReliableClaims: boolean;
  readonly account: Account | null;
  /** The only host of a token service that receives the account. */
  readonly tokenHost: string;
  /** The origin of its search API. */
  readonly searchUrl: URL;
}

/** The account of the mirror at a registry. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

/** All registries that the mirror can reach. The table is closed. */
export interface Registries {
  /** For requests that name no registry. */
  readonly primary: Registry;
  /** All registries, the primary one first. */
  readonly all: readonly Registry[];
  /** The registry of each host name of the mirror that has its own. */
  readonly byHost: ReadonlyMap<string, Registry>;
}

interface ConfiguredAccount extends Account {
  readonly tokenHost: string | null;
}

/** Limits the length of cache keys, which contain the host. */
const MAX_HOST_LENGTH = 64;
/** A host name or address of a URL, optionally with a port. Patterns are not supported. */
const HOST = /^([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:\d+)?$/;
/** A name that can be written before an image: with a dot or a port, or `localhost`. */
const REGISTRY_NAME = /^(?=.*[.:]|localhost$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/;

/** @returns the registry with this alias; null if it is not configured. */
export function findRegistry({ all }: Registries, alias: string): Registry | null {
  // ASCII only: other scripts have letters that look the same.
  const wanted = alias.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
  return all.find(({ aliases }) => aliases.includes(wanted)) ?? null;
}

/**
 * @param host of the request's URL, with its port.
 * @returns the registry of requests that name none.
 */
export function registryOfHost({ byHost, primary }: Registries, host: string): Registry {
  const [, hostname = host, port = ""] = /^(.*?)\.?(:\d+)?$/.exec(host) ?? [];
  return byHost.get(`${hostname}${port}`) ?? byHost.get(hostname) ?? primary;
}

/** @throws RegistryError UNKNOWN 500 that names the variable, but never a secret. */
export function readRegistries(env: Env): Registries {
  const accounts = readAccounts(env);
  const primary = readPrimary(env, accounts);
  const further = [...readTable(env, "REGISTRIES")].flatMap(([name, origin]) => {
    const url = readOrigin("REGISTRIES", `["${name}"] `, origin);
    checkName(name);
    if (!primary.aliases.includes(name)) return [createRegistry(name, url, accounts)];
    if (url.origin === primary.url.origin) return [];
    throw misconfigured("REGISTRIES", `["${name}"] differs from UPSTREAM, which has that name`);
  });
  const all = [primary, ...further];
  const aliases = all.flatMap((registry) => registry.aliases);
  if (new Set(aliases).size < aliases.length) {
    throw misconfigured("REGISTRIES", "has one name for two upstreams");
  }
  // Cache keys contain the host, so that no registry can answer for another.
  if (new Set(all.map(({ url }) => url.host)).size < all.length) {
    throw misconfigured("REGISTRIES", "has two names for one upstream");
  }
  if ([...accounts.keys()].some((name) => !all.some((registry) => registry.name === name))) {
    throw misconfigured("REGISTRY_ACCOUNTS", "has a registry that is not in REGISTRIES");
  }
  return { primary, all, byHost: readHosts(env, all) };
}

function readPrimary(env: Env, accounts: ReadonlyMap<string, ConfiguredAccount>): Registry {
  const url = readOrigin("UPSTREAM", "", readText(env, "UPSTREAM"));
  const namespace = String(env.NAMESPACE ?? knownRegistry(url.host).namespace ?? "");
  if (namespace !== "" && parseImageName(namespace)?.host !== null) {
    throw misconfigured("NAMESPACE", 'must be a repository namespace such as "library", or empty');
  }
  const name = namespace === DOCKER_HUB_NAMESPACE ? DOCKER_HUB : url.host;
  const registry = createRegistry(name, url, accounts);
  const account = readUpstreamAccount(env);
  if (account !== null && registry.account !== null) {
    throw misconfigured("REGISTRY_ACCOUNTS", `has ${name}, whose account is UPSTREAM_USERNAME`);
  }
  return {
    ...registry,
    namespace,
    aliases: [...new Set([...registry.aliases, url.host])],
    account: account ?? registry.account,
  };
}

function createRegistry(
  name: string,
  url: URL,
  accounts: ReadonlyMap<string, ConfiguredAccount>,
): Registry {
  const known = knownRegistry(url.host);
  const account = accounts.get(name) ?? null;
  return {
    name,
    url,
    aliases: name === DOCKER_HUB ? DOCKER_HUB_HOSTS : [name],
    namespace: known.namespace ?? (name === DOCKER_HUB ? DOCKER_HUB_NAMESPACE : ""),
    publicNamespace: known.publicNamespace ?? null,
    hasReliableClaims: known.hasReliableClaims ?? false,
    account,
    tokenHost: account?.tokenHost ?? known.tokenHost ?? url.host,
    searchUrl: new URL(known.searchOrigin ?? url),
  };
}

function checkName(name: string): void {
  if (name.length <= MAX_HOST_LENGTH && REGISTRY_NAME.test(name)) return;
  throw misconfigured("REGISTRIES", `has "${name}"; expected a registry name such as ghcr.io`);
}

/** @param entry of the setting; empty for the setting itself. */
function readOrigin(setting: SettingName, entry: string, raw: string): URL {
  const url = URL.parse(raw);
  if (url === null || ![url.origin, `${url.origin}/`].includes(raw)) {
    throw misconfigured(setting, `${entry}must be an origin such as https://registry-1.docker.io`);
  }
  if (url.host.length > MAX_HOST_LENGTH) {
    throw misconfigured(
      setting,
      `${entry}must have a host of at most ${MAX_HOST_LENGTH} characters`,
    );
  }
  const isHttpAllowed = url.protocol === "http:" && isLoopback(url.hostname);
  if (url.protocol === "https:" || isHttpAllowed) return url;
  throw misconfigured(setting, `${entry}must be https; http is only for a loopback host`);
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

/** @returns the host in the form of a request's URL. */
function readHost(text: string): string {
  const url = URL.parse(`https://${text}`);
  const isHost = url !== null && url.href === `https://${url.host}/` && HOST.test(url.host);
  if (isHost) return url.host;
  throw misconfigured("HOSTS", `has "${text}"; expected a host such as quay.example.com`);
}

function readUpstreamAccount(env: Env): Account | null {
  const username = readText(env, "UPSTREAM_USERNAME");
  const password = readText(env, "UPSTREAM_PASSWORD");
  if (username === "" && password === "") return null;
  if (username === "") {
    throw misconfigured("UPSTREAM_USERNAME", "is missing, but UPSTREAM_PASSWORD is set");
  }
  if (password === "") {
    throw misconfigured("UPSTREAM_PASSWORD", "is missing, but UPSTREAM_USERNAME is set");
  }
  if (username.includes(":")) throw misconfigured("UPSTREAM_USERNAME", "must not contain a colon");
  return { username, password };
}

const ACCOUNTS_FORM = 'must be JSON: {"ghcr.io": {"username": "…", "password": "…"}}';

function readAccounts(env: Env): ReadonlyMap<string, ConfiguredAccount> {
  const raw = readText(env, "REGISTRY_ACCOUNTS");
  const table = raw === "" ? {} : parseJsonObject(raw);
  if (table === null) throw misconfigured("REGISTRY_ACCOUNTS", ACCOUNTS_FORM);
  const accounts = new Map<string, ConfiguredAccount>();
  for (const [key, entry] of Object.entries(table)) {
    const name = key.toLowerCase();
    if (accounts.has(name)) {
      throw misconfigured("REGISTRY_ACCOUNTS", "has one registry in two spellings");
    }
    accounts.set(name, readAccount(entry));
  }
  return accounts;
}

function readAccount(entry: unknown): ConfiguredAccount {
  const { username, password, tokenHost = null } = Object(entry) as Record<string, unknown>;
  if (!isText(username) || !isText(password) || username.includes(":")) {
    throw misconfigured("REGISTRY_ACCOUNTS", ACCOUNTS_FORM);
  }
  if (tokenHost === null) return { username, password, tokenHost };
  if (isText(tokenHost) && HOST.test(tokenHost)) return { username, password, tokenHost };
  throw misconfigured(
    "REGISTRY_ACCOUNTS",
    'has a tokenHost that is not a host such as "gitlab.com"',
  );
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
