import { parseJsonObject } from "../protocol/json.ts";
import { isHost, parseImageName, parseName } from "../protocol/name.ts";
import { isLoopback } from "../protocol/origin.ts";
import {
  DOCKER_HUB,
  DOCKER_HUB_HOSTS,
  DOCKER_HUB_NAMESPACE,
  DOCKER_HUB_SEARCH,
  KNOWN_REGISTRIES,
  type KnownRegistry,
} from "./registry-table.ts";
import { type Env, misconfigured, readTable, readText, splitList } from "./settings.ts";

/** A mirrored registry. */
export interface Registry {
  /** The canonical name before an image's name: `docker.io`, `ghcr.io`. */
  readonly name: string;
  /** In cache keys: the first upstream, so that adding others keeps what is cached. */
  readonly id: string;
  /** The names that clients may use for it, in lower case. */
  readonly aliases: readonly string[];
  /** The namespace of bare names; empty for none. */
  readonly namespace: string;
  /** Where its images come from, in the order of the configuration. */
  readonly endpoints: Endpoints;
  /** The origin of its search API. */
  readonly searchUrl: URL;
}

export type Endpoints = readonly [Endpoint, ...Endpoint[]];

/** One of the upstreams of a registry, with everything that belongs to it alone. */
export interface Endpoint extends KnownRegistry {
  /** A path comes before the name of every repository. It has no slash at its end. */
  readonly url: URL;
  /** Host and path, for cache keys, where a slash separates the parts: `harbor.example.com+hub`. */
  readonly id: string;
  readonly account: Account | null;
  /** The only host of a token service that receives the account. */
  readonly tokenHost: string;
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

/** The accounts in `REGISTRY_ACCOUNTS`, by the name of a registry or the host of an upstream. */
type Accounts = ReadonlyMap<string, ConfiguredAccount>;

/** Replaces what an endpoint has by default. */
type ConfiguredAccount = Pick<Endpoint, "account"> & Partial<Pick<Endpoint, "tokenHost">>;

/** Limits the length of cache keys, which contain host and path. */
const MAX_ID_LENGTH = 128;
/** A host name or address of a URL, optionally with a port. Patterns are not supported. */
const HOST = /^([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:\d+)?$/;

/** @returns the registry with this alias; null if it is not configured. */
export function findRegistry({ all }: Pick<Registries, "all">, alias: string): Registry | null {
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
  const endpoints = parseEndpoints(readText(env, "UPSTREAM"));
  if (endpoints === null) {
    throw misconfigured("UPSTREAM", "must be https URLs such as https://registry-1.docker.io");
  }
  const namespace = String(env.NAMESPACE ?? namespaceOf(endpoints));
  if (namespace !== "" && parseImageName(namespace)?.host !== null) {
    throw misconfigured("NAMESPACE", 'must be a namespace such as "library", or empty');
  }
  const host = hostOf(endpoints[0]);
  const name = namespace === DOCKER_HUB_NAMESPACE ? DOCKER_HUB : host;
  const accounts = readAccounts(env);
  const account = readUpstreamAccount(env);
  if (account !== null && accounts.has(name)) {
    throw misconfigured("REGISTRY_ACCOUNTS", `has ${name}, whose account is UPSTREAM_USERNAME`);
  }
  const registry = createRegistry(name, endpoints, accounts, account);
  const aliases = [...new Set([...registry.aliases, host])];
  const primary = { ...registry, namespace, aliases };
  const all = readAll(env, primary, accounts);
  const owners = all.flatMap((one) => [one.name, ...one.endpoints.map(hostOf)]);
  if (accounts.keys().some((owner) => !owners.includes(owner))) {
    throw misconfigured("REGISTRY_ACCOUNTS", "has a registry that is not in REGISTRIES");
  }
  return { primary, all, byHost: readHosts(env, all) };
}

/** @returns the registry of `UPSTREAM` and those in `REGISTRIES`, where it may be too. */
function readAll(env: Env, primary: Registry, accounts: Accounts): Registry[] {
  const all = [primary];
  const known = primary.endpoints.map(({ id }) => id);
  for (const [name, urls] of readTable(env, "REGISTRIES")) {
    const endpoints = parseEndpoints(urls);
    if (endpoints === null || !isHost(name) || !HOST.test(name)) {
      const form = 'a name and its https URLs, such as "ghcr.io" = "https://ghcr.io"';
      throw misconfigured("REGISTRIES", `["${name}"] must be ${form}`);
    }
    if (primary.aliases.includes(name) && endpoints.every(({ id }) => known.includes(id))) continue;
    const registry = createRegistry(name, endpoints, accounts);
    const isNamed = registry.aliases.some((alias) => findRegistry({ all }, alias) !== null);
    // Cache keys contain the id, so that no registry can answer for another.
    if (isNamed || all.some(({ id }) => id === registry.id)) {
      throw misconfigured("REGISTRIES", `["${name}"] has the name or URL of another registry`);
    }
    all.push(registry);
  }
  return all;
}

/** @param account in `UPSTREAM_USERNAME`; null for that in `accounts`. */
function createRegistry(
  name: string,
  endpoints: Endpoints,
  accounts: Accounts,
  account: ConfiguredAccount | null = null,
): Registry {
  const [{ id, url }] = endpoints;
  const isHub = name === DOCKER_HUB;
  const aliases = isHub ? DOCKER_HUB_HOSTS : [name];
  // An account of Docker Hub is for Docker Hub itself, not for a mirror before it.
  const owner = endpoints.find((one) => aliases.includes(hostOf(one))) ?? endpoints[0];
  const ofOwner = account ?? accounts.get(name);
  const withAccounts = endpoints.map((endpoint) => ({
    ...endpoint,
    ...(accounts.get(hostOf(endpoint)) ?? (endpoint === owner && ofOwner)),
  }));
  const namespace = namespaceOf(endpoints);
  return {
    ...{ name, id, aliases },
    endpoints: withAccounts as readonly Endpoint[] as Endpoints,
    namespace: isHub ? DOCKER_HUB_NAMESPACE : namespace,
    searchUrl: new URL(namespace === "" ? url.origin : DOCKER_HUB_SEARCH),
  };
}

function namespaceOf(endpoints: Endpoints): string {
  return endpoints.some(({ hasHubNames }) => hasHubNames) ? DOCKER_HUB_NAMESPACE : "";
}

function hostOf({ url }: Endpoint): string {
  return url.host;
}

/** @returns null if one of the URLs is invalid, or there is none. */
function parseEndpoints(raw: string): Endpoints | null {
  const [first, ...others] = splitList(raw).map(parseEndpoint);
  return first && others.every((other) => other !== null) ? [first, ...others] : null;
}

/** Parses an https URL with or without a path; http is only for a loopback host. */
function parseEndpoint(raw: string): Endpoint | null {
  const text = raw.replace(/\/$/, "");
  const url = URL.parse(text);
  if (url === null) return null;
  const { host, hostname, origin, protocol } = url;
  const path = text.slice(origin.length);
  const id = (host + path).replaceAll("/", "+");
  const isSafe = protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
  // The path of the API itself is not a part of the URL.
  const isPath = /^\/(?!v2(\/|$))/.test(path) && parseName(path.slice(1)) !== null;
  const isValid = text.startsWith(origin) && (path === "" || isPath) && id.length <= MAX_ID_LENGTH;
  if (!isSafe || !isValid) return null;
  return { tokenHost: host, ...KNOWN_REGISTRIES.get(host), url, id, account: null };
}

function readHosts(env: Env, all: readonly Registry[]): ReadonlyMap<string, Registry> {
  const hosts = new Map<string, Registry>();
  for (const [text, name] of readTable(env, "HOSTS")) {
    const registry = findRegistry({ all }, name);
    // In the form of a request's URL, which has no default port and no letters but ASCII.
    const { href, host = "" } = URL.parse(`https://${text}`) ?? {};
    if (registry === null || href !== `https://${host}/` || !HOST.test(host)) {
      throw misconfigured("HOSTS", `["${text}"] must be a host and a name in REGISTRIES`);
    }
    hosts.set(host, registry);
  }
  return hosts;
}

function readUpstreamAccount(env: Env): ConfiguredAccount | null {
  const username = readText(env, "UPSTREAM_USERNAME");
  const password = readText(env, "UPSTREAM_PASSWORD");
  const account = parseAccount({ username, password });
  if (account !== null || (username === "" && password === "")) return account;
  const rule = "and UPSTREAM_PASSWORD must both be set, or neither; a username has no colon";
  throw misconfigured("UPSTREAM_USERNAME", rule);
}

function readAccounts(env: Env): Accounts {
  const accounts = parseAccounts(readText(env, "REGISTRY_ACCOUNTS") || "{}");
  if (accounts !== null) return accounts;
  const form = '{"ghcr.io": {"username": "…", "password": "…"}}, tokenHost a host if needed';
  throw misconfigured("REGISTRY_ACCOUNTS", `must be JSON: ${form}`);
}

function parseAccounts(json: string): Accounts | null {
  const table = parseJsonObject(json);
  const accounts = new Map<string, ConfiguredAccount>();
  for (const [key, entry] of Object.entries(table ?? {})) {
    const account = parseAccount(entry);
    if (account === null) return null;
    accounts.set(key.toLowerCase(), account);
  }
  return table && accounts;
}

function parseAccount(entry: unknown): ConfiguredAccount | null {
  const { username, password, tokenHost } = Object(entry) as Record<string, unknown>;
  if (!isText(username) || !isText(password) || username.includes(":")) return null;
  const account = { username, password };
  if (tokenHost === undefined || tokenHost === null) return { account };
  return isText(tokenHost) && HOST.test(tokenHost) ? { account, tokenHost } : null;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
