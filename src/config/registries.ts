import { parseJsonObject } from "../protocol/json.ts";
import { parseImageName, parseName } from "../protocol/name.ts";
import { isLoopback } from "../protocol/origin.ts";
import {
  DOCKER_HUB,
  DOCKER_HUB_HOSTS,
  DOCKER_HUB_NAMESPACE,
  type KnownRegistry,
  knownRegistry,
} from "./registry-table.ts";
import {
  type Env,
  misconfigured,
  readTable,
  readText,
  type SettingName,
  splitList,
} from "./settings.ts";

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
  /** The namespace whose images are certainly public, or null. */
  readonly publicNamespace: string | null;
  /** Whether the claims of its tokens show what they allow. */
  readonly hasReliableClaims: boolean;
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

interface ConfiguredAccount extends Account {
  readonly tokenHost?: string;
}

/** Limits the length of cache keys, which contain host and path. */
const MAX_HOST_LENGTH = 64;
/** At most 128 characters; not the path of the API itself. */
const REPOSITORY_PATH = /^(?!v2(\/|$)).{1,128}$/;
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
  const further = [...readTable(env, "REGISTRIES")].flatMap(([name, urls]) => {
    const endpoints = readEndpoints("REGISTRIES", `["${name}"] `, urls);
    checkName(name);
    if (!primary.aliases.includes(name)) return [createRegistry(name, endpoints, accounts)];
    const known = primary.endpoints.map(({ id }) => id);
    if (endpoints.every(({ id }) => known.includes(id))) return [];
    throw misconfigured("REGISTRIES", `["${name}"] differs from UPSTREAM, which has that name`);
  });
  const all = [primary, ...further];
  const aliases = all.flatMap((registry) => registry.aliases);
  if (new Set(aliases).size < aliases.length) {
    throw misconfigured("REGISTRIES", "has one name for two upstreams");
  }
  // Cache keys contain the id, so that no registry can answer for another.
  if (new Set(all.map(({ id }) => id)).size < all.length) {
    throw misconfigured("REGISTRIES", "has two names for one upstream");
  }
  const owners = all.flatMap(({ name, endpoints }) => [name, ...endpoints.map(hostOf)]);
  if ([...accounts.keys()].some((owner) => !owners.includes(owner))) {
    throw misconfigured("REGISTRY_ACCOUNTS", "has a registry that is not in REGISTRIES");
  }
  return { primary, all, byHost: readHosts(env, all) };
}

function readPrimary(env: Env, accounts: Accounts): Registry {
  const endpoints = readEndpoints("UPSTREAM", "", readText(env, "UPSTREAM"));
  const namespace = String(env.NAMESPACE ?? endpoints.find(isDockerHub)?.namespace ?? "");
  if (namespace !== "" && parseImageName(namespace)?.host !== null) {
    throw misconfigured("NAMESPACE", 'must be a repository namespace such as "library", or empty');
  }
  const host = hostOf(endpoints[0]);
  const name = namespace === DOCKER_HUB_NAMESPACE ? DOCKER_HUB : host;
  const registry = createRegistry(name, endpoints, accounts, readUpstreamAccount(env));
  return { ...registry, namespace, aliases: [...new Set([...registry.aliases, host])] };
}

/** @param account in `UPSTREAM_USERNAME`, or null. */
function createRegistry(
  name: string,
  endpoints: Endpoints,
  accounts: Accounts,
  account: Account | null = null,
): Registry {
  const [{ id, url }] = endpoints;
  const aliases = name === DOCKER_HUB ? DOCKER_HUB_HOSTS : [name];
  // An account of Docker Hub is for Docker Hub itself, not for a mirror before it.
  const owner = endpoints.find((one) => aliases.includes(hostOf(one))) ?? endpoints[0];
  const [first, ...others] = endpoints.map((endpoint) => {
    const ofRegistry = endpoint === owner ? [account, accounts.get(name)] : [];
    const found = [...ofRegistry, accounts.get(hostOf(endpoint))].filter((one) => one != null);
    const [own, another = own] = found;
    if (own === another) return withAccount(endpoint, own);
    const problem = "whose account is UPSTREAM_USERNAME, or under another key";
    throw misconfigured("REGISTRY_ACCOUNTS", `has ${name}, ${problem}`);
  });
  const { namespace, searchOrigin } = endpoints.find(isDockerHub) ?? {};
  return {
    ...{ name, id, aliases },
    endpoints: [first as Endpoint, ...others],
    namespace: namespace ?? (name === DOCKER_HUB ? DOCKER_HUB_NAMESPACE : ""),
    searchUrl: new URL(searchOrigin ?? url.origin),
  };
}

function withAccount(endpoint: Endpoint, configured: ConfiguredAccount | undefined): Endpoint {
  if (configured === undefined) return endpoint;
  const { username, password, tokenHost = endpoint.tokenHost } = configured;
  return { ...endpoint, account: { username, password }, tokenHost };
}

function hostOf({ url }: Endpoint): string {
  return url.host;
}

/** Whether it has the names of Docker Hub: Docker Hub itself, or a known mirror of it. */
function isDockerHub({ namespace }: Endpoint): boolean {
  return namespace !== undefined;
}

function checkName(name: string): void {
  if (name.length <= MAX_HOST_LENGTH && REGISTRY_NAME.test(name)) return;
  throw misconfigured("REGISTRIES", `has "${name}"; expected a registry name such as ghcr.io`);
}

/** @param entry of the setting; empty for the setting itself. */
function readEndpoints(setting: SettingName, entry: string, raw: string): Endpoints {
  const [first = "", ...others] = splitList(raw);
  const read = (text: string) => readEndpoint(setting, entry, text);
  return [read(first), ...others.map(read)];
}

function readEndpoint(setting: SettingName, entry: string, raw: string): Endpoint {
  const url = URL.parse(raw);
  const path = url?.pathname.replace(/^\/|\/$/g, "") ?? "";
  const base = `${url?.origin}${path === "" ? "" : `/${path}`}`;
  const isPath = path === "" || (REPOSITORY_PATH.test(path) && parseName(path) !== null);
  if (url === null || ![base, `${base}/`].includes(raw) || !isPath) {
    throw misconfigured(setting, `${entry}must be URLs such as https://registry-1.docker.io`);
  }
  const { host, protocol, hostname } = url;
  if (host.length > MAX_HOST_LENGTH) {
    throw misconfigured(
      setting,
      `${entry}must have hosts of at most ${MAX_HOST_LENGTH} characters`,
    );
  }
  if (protocol !== "https:" && !(protocol === "http:" && isLoopback(hostname))) {
    throw misconfigured(setting, `${entry}must be https; http is only for a loopback host`);
  }
  const id = path === "" ? host : `${host}/${path}`.replaceAll("/", "+");
  const general = { tokenHost: host, publicNamespace: null, hasReliableClaims: false };
  return { ...general, ...knownRegistry(host), url: new URL(base), id, account: null };
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

function readAccounts(env: Env): Accounts {
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
  const { username, password, tokenHost } = Object(entry) as Record<string, unknown>;
  if (!isText(username) || !isText(password) || username.includes(":")) {
    throw misconfigured("REGISTRY_ACCOUNTS", ACCOUNTS_FORM);
  }
  if (tokenHost === undefined || tokenHost === null) return { username, password };
  if (isText(tokenHost) && HOST.test(tokenHost)) return { username, password, tokenHost };
  throw misconfigured(
    "REGISTRY_ACCOUNTS",
    'has a tokenHost that is not a host such as "gitlab.com"',
  );
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
