import { type Env, misconfigured, readList, readText } from "./env.ts";
import type { AccessConfig, PrivateImages } from "./mirror/context.ts";
import { parseImageRule } from "./mirror/image-rules.ts";
import type { Registries } from "./mirror/registry.ts";
import { parseNetwork } from "./protocol/network.ts";
import { type NamedSecret, parseSecretList } from "./protocol/secret-list.ts";

const PRIVATE_IMAGES: readonly PrivateImages[] = ["check", "public-only-account", "allow"];
const PATHS_FORM = "name=secret, 16 to 128 of A-Z a-z 0-9 _ -";
const NETWORKS_FORM = "1.2.3.0/24, 2001:db8::/32, country:CN or asn:4134";
const IMAGES_FORM = "grafana/*, grafana/**, */*:latest or ghcr.io/**, of a registry in REGISTRIES";
const MIN_KEY_LENGTH = 32;
/** Long enough not to be guessed, and nothing that a URL would have to escape. */
const PATH_SECRET = /^[A-Za-z0-9_-]{16,128}$/;

/** @throws RegistryError UNKNOWN 500 that names the variable and never tells a secret's value. */
export function readAccess(env: Env, registries: Registries): AccessConfig {
  const parseRule = (raw: string) => parseImageRule(raw, registries);
  const access = {
    paths: readSecrets(env, "ACCESS_PATHS", isPathSecret, PATHS_FORM),
    users: readSecrets(env, "ACCESS_USERS", (token) => token !== "", "user=token"),
    networks: readEach(env, "ACCESS_NETWORKS", parseNetwork, NETWORKS_FORM),
    allowedImages: readEach(env, "IMAGES_ALLOW", parseRule, IMAGES_FORM),
    deniedImages: readEach(env, "IMAGES_DENY", parseRule, IMAGES_FORM),
    privateImages: readPrivateImages(env),
    loginKey: readLoginKey(env),
  };
  checkTogether(access);
  return access;
}

function checkTogether({ paths, users, privateImages, loginKey }: AccessConfig): void {
  const isLocked = paths.length > 0 || users.length > 0;
  if (privateImages === "allow" && !isLocked) {
    throw misconfigured(
      "PRIVATE_IMAGES",
      'is "allow": then ACCESS_PATHS or ACCESS_USERS must be set',
    );
  }
  if (loginKey !== null && users.length > 0) {
    throw misconfigured("LOGIN", "and ACCESS_USERS cannot both be set: a client has one login");
  }
}

function isPathSecret(secret: string): boolean {
  return PATH_SECRET.test(secret) && secret !== "v2";
}

function readSecrets(
  env: Env,
  name: "ACCESS_PATHS" | "ACCESS_USERS",
  isSecret: (secret: string) => boolean,
  form: string,
): NamedSecret[] {
  const raw = readText(env, name);
  const secrets = parseSecretList(raw, isSecret);
  if (secrets === null || (raw !== "" && secrets.length === 0))
    throw misconfigured(name, `must be a list of ${form}, one a line or by commas`);
  return secrets;
}

function readEach<T>(
  env: Env,
  name: "ACCESS_NETWORKS" | "IMAGES_ALLOW" | "IMAGES_DENY",
  parse: (raw: string) => T | null,
  form: string,
): T[] {
  return readList(env, name).map((raw, index) => {
    const parsed = parse(raw);
    if (parsed === null) throw misconfigured(name, `has as entry ${index + 1} none of ${form}`);
    return parsed;
  });
}

function readPrivateImages(env: Env): PrivateImages {
  const raw = readText(env, "PRIVATE_IMAGES");
  const known = PRIVATE_IMAGES.find((value) => value === raw);
  if (known !== undefined) return known;
  throw misconfigured("PRIVATE_IMAGES", `must be one of ${PRIVATE_IMAGES.join(", ")}`);
}

function readLoginKey(env: Env): string | null {
  const login = readText(env, "LOGIN");
  if (login === "off") return null;
  if (login !== "upstream") throw misconfigured("LOGIN", 'must be "off" or "upstream"');
  const key = readText(env, "LOGIN_KEY");
  if (key.length >= MIN_KEY_LENGTH) return key;
  throw misconfigured(
    "LOGIN_KEY",
    `must have at least ${MIN_KEY_LENGTH} characters when LOGIN is set`,
  );
}
