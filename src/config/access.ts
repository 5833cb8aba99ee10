import { type ImageGlob, parseImageGlob } from "../protocol/glob.ts";
import { hostOf } from "../protocol/name.ts";
import { type Network, parseNetwork } from "../protocol/network.ts";
import { findRegistry, type Registries, type Registry } from "./registries.ts";
import { type Env, misconfigured, readChoice, readList, readText } from "./settings.ts";

/** Access control. An empty list restricts nothing. */
export interface AccessConfig {
  readonly paths: readonly NamedSecret[];
  readonly users: readonly NamedSecret[];
  readonly networks: readonly Network[];
  readonly allowedImages: readonly ImageRule[];
  readonly deniedImages: readonly ImageRule[];
  /** Which images the mirror's own accounts may serve. */
  readonly privateImages: "check" | "public-only-account" | "allow";
  /** The key of the tokens for logins with an upstream account; null without such logins. */
  readonly loginKey: string | null;
}

/** A path secret or a user's token, with the name that the log shows. */
export interface NamedSecret {
  readonly name: string;
  readonly secret: string;
}

/** A pattern for images of one registry. */
export interface ImageRule extends ImageGlob {
  readonly registry: Registry;
}

const PATHS_FORM = "name=secret with 16 to 128 of A-Z a-z 0-9 _ -";
const NETWORKS_FORM = "1.2.3.0/24, 2001:db8::/32, country:CN or asn:4134";
const IMAGES_FORM = "library/*, */*:latest or ghcr.io/**, of a registry in REGISTRIES";
const MIN_KEY_LENGTH = 32;
/** Long enough to resist guessing, and without characters that a URL would have to escape. */
const PATH_SECRET = /^[A-Za-z0-9_-]{16,128}$/;
const NAMED_SECRET = /^([A-Za-z0-9._@-]{1,64})\s*=\s*(.+)$/s;

/** @throws RegistryError UNKNOWN 500 that names the variable, but never its value. */
export function readAccess(env: Env, registries: Registries): AccessConfig {
  const parseRule = (raw: string) => parseImageRule(raw, registries);
  const access = {
    ...readLocks(env),
    allowedImages: readEach(env, "IMAGES_ALLOW", parseRule, IMAGES_FORM),
    deniedImages: readEach(env, "IMAGES_DENY", parseRule, IMAGES_FORM),
    privateImages: readChoice(env, "PRIVATE_IMAGES", ["check", "public-only-account", "allow"]),
    loginKey: readLoginKey(env),
  };
  const { paths, users, privateImages, loginKey } = access;
  if (privateImages === "allow" && paths.length === 0 && users.length === 0) {
    throw misconfigured("PRIVATE_IMAGES", '= "allow" needs ACCESS_PATHS or ACCESS_USERS');
  }
  if (loginKey !== null && users.length > 0) {
    throw misconfigured("LOGIN", "and ACCESS_USERS cannot both be set");
  }
  return access;
}

/** @throws RegistryError UNKNOWN 500 that names the variable, but never its value. */
export function readLocks(env: Env): Pick<AccessConfig, "paths" | "users" | "networks"> {
  return {
    paths: readSecrets(env, "ACCESS_PATHS", (secret) => PATH_SECRET.test(secret), PATHS_FORM),
    users: readSecrets(env, "ACCESS_USERS", () => true, "user=token"),
    networks: readEach(env, "ACCESS_NETWORKS", parseNetwork, NETWORKS_FORM),
  };
}

function readSecrets(
  env: Env,
  name: "ACCESS_PATHS" | "ACCESS_USERS",
  isSecret: (secret: string) => boolean,
  form: string,
): NamedSecret[] {
  const raw = readText(env, name);
  const secrets = parseSecretList(raw, isSecret);
  if (secrets !== null && (raw === "" || secrets.length > 0)) return secrets;
  throw misconfigured(name, `must be ${form}, separated by commas`);
}

/**
 * Parses `name=secret`, separated by commas or line breaks. Several entries may have the same name,
 * so that a secret can be rotated.
 *
 * @returns null if an entry is malformed.
 */
export function parseSecretList(
  raw: string,
  isSecret: (secret: string) => boolean,
): NamedSecret[] | null {
  const entries = raw.split(/[,\r\n]+/).map((entry) => entry.trim());
  const secrets = entries.filter(Boolean).map((entry) => {
    const [, name = "", secret = ""] = NAMED_SECRET.exec(entry) ?? [];
    return { name, secret };
  });
  return secrets.every(({ secret }) => secret !== "" && isSecret(secret)) ? secrets : null;
}

/**
 * Parses `library/*`, or with a registry `ghcr.io/owner/**`. Without a registry, the pattern is for
 * the primary one.
 *
 * @returns null for anything but a pattern, for a registry that is not configured, and for a bare name
 * where bare names are in a namespace: `busybox` would never match `library/busybox`.
 */
export function parseImageRule(text: string, registries: Registries): ImageRule | null {
  const host = hostOf(text);
  const registry = host === null ? registries.primary : findRegistry(registries, host);
  const pattern = host === null ? text : text.slice(host.length + 1);
  const glob = parseImageGlob(pattern);
  if (registry === null || glob === null) return null;
  const isBare = !pattern.includes("/") && !pattern.includes("**");
  return isBare && registry.namespace !== "" ? null : { ...glob, text, registry };
}

function readEach<T>(
  env: Env,
  name: "ACCESS_NETWORKS" | "IMAGES_ALLOW" | "IMAGES_DENY",
  parse: (raw: string) => T | null,
  form: string,
): T[] {
  return readList(env, name).map((raw, index) => {
    const parsed = parse(raw);
    if (parsed !== null) return parsed;
    throw misconfigured(name, `entry ${index + 1} is invalid; expected ${form}`);
  });
}

function readLoginKey(env: Env): string | null {
  if (readChoice(env, "LOGIN", ["off", "upstream"]) === "off") return null;
  const key = readText(env, "LOGIN_KEY");
  if (key.length >= MIN_KEY_LENGTH) return key;
  throw misconfigured("LOGIN_KEY", `must have at least ${MIN_KEY_LENGTH} characters`);
}
