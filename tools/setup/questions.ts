import { domainToASCII } from "node:url";
import { parseSecretList } from "../../src/config/access.ts";
import { type CurrentConfig, isDockerHub, type Texts } from "./current.ts";
import type { Lock } from "./plan.ts";
import { ask, askChoice, askYesNo, type Choice, type Terminal } from "./terminal.ts";

const WORKERS_DEV = "workers.dev";
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const HOST = new RegExp(`^(?=.{1,253}$)(?:${LABEL}\\.)+(?!\\d+$)${LABEL}$`);
const SECRET_BYTES = 24;
const DOCKER_HUB = { "docker.io": "https://registry-1.docker.io" };
/** Registries to choose from, and the first label of the host name proposed for each. */
const KNOWN_REGISTRIES: Texts = {
  "quay.io": "quay",
  "gcr.io": "gcr",
  "registry.k8s.io": "k8s",
  "ghcr.io": "ghcr",
  "mcr.microsoft.com": "mcr",
  "public.ecr.aws": "ecr",
  "nvcr.io": "nvcr",
  "docker.elastic.co": "elastic",
  "docker.cloudsmith.io": "cloudsmith",
  "lscr.io": "lscr",
};

/** @returns the mirror's host name; null for workers.dev. */
export async function askDomain(
  terminal: Terminal,
  current: CurrentConfig,
): Promise<string | null> {
  terminal.say(`
Domain. The mirror's own host name. Its domain must be on Cloudflare; the free plan is enough.
${WORKERS_DEV} needs no domain, but is blocked in some networks.`);
  const domain = await ask<string | null>(terminal, {
    prompt: `Host name, or ${WORKERS_DEV}`,
    standard: { value: current.domain, shown: current.domain ?? WORKERS_DEV },
    parse: (answer) => (answer === WORKERS_DEV ? null : (parseHost(answer) ?? undefined)),
    hint: `a host name such as mirror.example.com, or ${WORKERS_DEV}`,
  });
  if (domain !== null && /docker|moby/.test(domain)) terminal.say(LOOK_ALIKE);
  return domain;
}

/** @returns the host name in lower case and in ASCII; null if it is not one. */
export function parseHost(answer: string): string | null {
  const bare = answer.replace(/^https:\/\//i, "").replace(/\/$/, "");
  // domainToASCII would drop everything from these on.
  if (/[\s/:?#@\\]/.test(bare)) return null;
  const host = domainToASCII(bare).toLowerCase();
  return HOST.test(host) && !host.endsWith(`.${WORKERS_DEV}`) ? host : null;
}

/**
 * Asks how the mirror is locked, and generates the secret.
 *
 * @param random returns that many bytes in hexadecimal.
 */
export async function askLock(
  terminal: Terminal,
  random: (bytes: number) => string,
  current: CurrentConfig,
): Promise<Lock> {
  terminal.say(
    "\nLock. Without a lock, anyone who finds the address uses your quota, in your name.",
  );
  const choices = lockChoices(current);
  const kind = await askChoice(terminal, "Lock", choices, choices[0]?.value ?? "path");
  if (kind === "none") terminal.say(OPEN);
  if (kind === "path") return { kind, secret: random(SECRET_BYTES) };
  if (kind !== "user") return { kind };
  const name = await ask(terminal, {
    prompt: "Username",
    standard: { value: "me", shown: "me" },
    parse: (answer) => parseSecretList(`${answer}=x`, (token) => token === "x")?.[0]?.name,
    hint: "letters, digits, . _ @ or -",
  });
  return { kind, name, token: random(SECRET_BYTES) };
}

/** @returns the choices that make sense; the first is the default. */
function lockChoices({ secrets, login, privateImages }: CurrentConfig): Choice<Lock["kind"]>[] {
  const stored = ["ACCESS_PATHS", "ACCESS_USERS"].filter((name) => secrets?.includes(name));
  const replaces = (name: string) =>
    stored.includes(name) ? "; the present ones stop working" : "";
  const choices: Choice<Lock["kind"]>[] = [
    {
      value: "keep",
      meaning: secrets === null ? "leave it as it is" : `${stored.join(" and ")}, as stored`,
    },
    {
      value: "path",
      meaning: `a secret in the address, for plain Docker${replaces("ACCESS_PATHS")}`,
    },
    {
      value: "user",
      meaning: `a name and a token, for docker login${replaces("ACCESS_USERS")}`,
    },
    { value: "none", meaning: "open to everybody" },
  ];
  return choices.filter(({ value }) => {
    if (value === "keep") return secrets === null || stored.length > 0;
    // A client has one login. Private images must not be open to everybody.
    if (value === "user") return login !== "upstream";
    return value !== "none" || privateImages !== "allow";
  });
}

/** @returns the registries besides the upstream, as in `REGISTRIES`. */
export async function askRegistries(terminal: Terminal, current: CurrentConfig): Promise<Texts> {
  const known = Object.keys(KNOWN_REGISTRIES).map((name) => [name, `https://${name}`]);
  // If another registry is the upstream, Docker Hub is one of the choices.
  const hub = isDockerHub(current) ? {} : DOCKER_HUB;
  const urls: Texts = { ...hub, ...Object.fromEntries(known), ...current.registries };
  const names = Object.keys(urls);
  const chosen = Object.keys(current.registries);
  const first = isDockerHub(current) ? "Docker Hub" : current.upstream;
  terminal.say(`\nRegistries. ${first} is always included. Which others?`);
  for (const [index, name] of names.entries()) {
    const mark = chosen.includes(name) ? "x" : " ";
    terminal.say(`  ${String(index + 1).padStart(2)}  [${mark}] ${name}`);
  }
  const answer = await ask(terminal, {
    prompt: "Numbers or names, all, or none",
    standard: { value: chosen, shown: chosen.join(" ") || "none" },
    parse: (text) => parseSelection(text, names),
    hint: "numbers or names of the list, separated by spaces; all; or none",
  });
  const isRemoved = chosen.some((name) => !answer.includes(name));
  if (isRemoved && current.secrets?.includes("REGISTRY_ACCOUNTS")) terminal.say(ACCOUNTS);
  return Object.fromEntries(Object.entries(urls).filter(([name]) => answer.includes(name)));
}

function parseSelection(text: string, names: readonly string[]): string[] | undefined {
  if (text === "none") return [];
  if (text === "all") return [...names];
  const parts = text.split(/[,\s]+/).filter((part) => part !== "");
  const chosen = parts.map((part) =>
    names.find((name, at) => part === name || part === `${at + 1}`),
  );
  return chosen.includes(undefined) ? undefined : chosen.filter((name) => name !== undefined);
}

/**
 * Asks whether registries get host names of their own. Only for a mirror with its own domain.
 *
 * @returns host names and their registries, as in `HOSTS`.
 */
export async function askHosts(
  terminal: Terminal,
  current: CurrentConfig,
  domain: string | null,
  registries: readonly string[],
): Promise<Texts> {
  const isRemoved = (name: string) => name in current.registries && !registries.includes(name);
  const kept = Object.entries(current.hosts).filter(([, name]) => !isRemoved(name));
  if (domain === null) return current.domain === null ? Object.fromEntries(kept) : {};
  if (registries.length === 0) return Object.fromEntries(kept);
  const ofThese = kept.filter(([, name]) => registries.includes(name));
  terminal.say(`
Images of these registries are pulled as ${domain}/${registries[0]}/…. With a host name for each
registry, the names are shorter.`);
  const isWanted = await askYesNo(terminal, "Host names for them?", ofThese.length > 0);
  if (!isWanted) return Object.fromEntries(kept.filter((host) => !ofThese.includes(host)));
  const missing = registries.filter((name) => !kept.some(([, of]) => of === name));
  if (missing.length === 0) return Object.fromEntries(kept);
  const parent = await askParent(terminal, domain);
  const added = missing.map((name) => [`${labelOf(name)}.${parent}`, name]);
  return Object.fromEntries([...kept, ...added]);
}

function askParent(terminal: Terminal, domain: string): Promise<string> {
  const labels = domain.split(".");
  const parent = labels.length > 2 ? labels.slice(1).join(".") : domain;
  return ask(terminal, {
    prompt: `Below which domain, as in ghcr.${parent}?`,
    standard: { value: parent, shown: parent },
    parse: (answer) => parseHost(answer) ?? undefined,
    hint: "a domain such as example.com",
  });
}

function labelOf(registry: string): string {
  return KNOWN_REGISTRIES[registry] ?? registry.replaceAll(".", "-");
}

/** @returns whether layers are stored in R2. */
export async function askBlobs(terminal: Terminal, current: CurrentConfig): Promise<boolean> {
  if (current.blobMaxBytes === 0) {
    terminal.say("\nLayers. BLOB_MAX_BYTES is 0 in wrangler.toml, so the mirror stores no layers.");
    return current.hasBlobs;
  }
  terminal.say(LAYERS);
  return askYesNo(terminal, "Store layers in R2?", current.hasBlobs);
}

const LAYERS = `
Layers. Without R2, public layers of up to 512 MB are stored in Cloudflare's edge cache: free, for
each data centre by itself, for 7 days at most, and without a guarantee. In R2 they are stored once
for all data centres and remain available while Docker Hub is not. 10 GB are free. R2 must be
enabled in the dashboard first, which asks for a payment method.`;

const LOOK_ALIKE = `Careful: hosts named after Docker get reported as phishing, and are then blocked. A neutral name
is safer.`;

const OPEN = `The mirror will be open. Strangers find such hosts within days, use up your Docker Hub quota and
your 100,000 requests a day, and get the host reported. You can change this at any time with
npm run setup.`;

const ACCOUNTS = `REGISTRY_ACCOUNTS is stored. If it names a registry that you removed, the mirror answers 500 until
you store another value: see docs/registries.md.`;
