import { domainToASCII } from "node:url";
import { parseSecretList } from "../../src/config/access.ts";
import { brandIn } from "../brands.ts";
import { type CurrentConfig, isDockerHub, type Texts } from "./current.ts";
import type { Lock } from "./plan.ts";
import { ask, askChoice, askYesNo, type Choice, type Terminal } from "./terminal.ts";
import type { Texts as SetupTexts } from "./texts.ts";

const WORKERS_DEV = "workers.dev";
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const HOST = new RegExp(`^(?=.{1,253}$)(?:${LABEL}\\.)+(?!\\d+$)${LABEL}$`);
const SECRET_BYTES = 24;
const DOCKER_HUB = { "docker.io": "https://registry-1.docker.io" };
/**
 * Registries to choose from, and the first label of the host name proposed for each: without a
 * brand, since such hosts get reported.
 */
const KNOWN_REGISTRIES: Texts = {
  "quay.io": "q",
  "gcr.io": "gc",
  "registry.k8s.io": "k",
  "ghcr.io": "gh",
  "mcr.microsoft.com": "mc",
  "public.ecr.aws": "ec",
  "nvcr.io": "nv",
  "docker.elastic.co": "el",
  "docker.cloudsmith.io": "cs",
  "lscr.io": "ls",
};
/** For a registry whose own name is a brand. */
const NEUTRAL_LABEL = "r";

/** @returns the mirror's host name; null for workers.dev. */
export async function askDomain(
  terminal: Terminal,
  current: CurrentConfig,
): Promise<string | null> {
  const { texts } = terminal;
  terminal.say(texts.domain);
  const domain = await ask<string | null>(terminal, {
    prompt: texts.domainPrompt,
    standard: { value: current.domain, shown: current.domain ?? WORKERS_DEV },
    parse: (answer) => (answer === WORKERS_DEV ? null : (parseHost(answer) ?? undefined)),
    hint: texts.domainHint,
  });
  const brand = domain === null ? null : brandIn(domain);
  if (brand !== null) terminal.say(texts.lookAlike(brand));
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
  const { texts } = terminal;
  terminal.say(texts.lock);
  const choices = lockChoices(texts, current);
  const kind = await askChoice(terminal, texts.lockPrompt, choices, choices[0]?.value ?? "path");
  if (kind === "none") terminal.say(texts.lockOpen);
  if (kind === "path") return { kind, secret: random(SECRET_BYTES) };
  if (kind !== "user") return { kind };
  const name = await ask(terminal, {
    prompt: texts.userPrompt,
    standard: { value: "me", shown: "me" },
    parse: (answer) => parseSecretList(`${answer}=x`, (token) => token === "x")?.[0]?.name,
    hint: texts.userHint,
  });
  return { kind, name, token: random(SECRET_BYTES) };
}

/** @returns the choices that make sense; the first is the default. */
function lockChoices(
  texts: SetupTexts,
  { secrets, login, privateImages }: CurrentConfig,
): Choice<Lock["kind"]>[] {
  const stored = ["ACCESS_PATHS", "ACCESS_USERS"].filter((name) => secrets?.includes(name));
  const replaces = (name: string) => (stored.includes(name) ? texts.lockReplaces : "");
  const choices: Choice<Lock["kind"]>[] = [
    {
      value: "keep",
      meaning: secrets === null ? texts.lockAsIs : texts.lockStored(stored.join(" + ")),
    },
    {
      value: "path",
      meaning: `${texts.lockPath}${replaces("ACCESS_PATHS")}`,
    },
    {
      value: "user",
      meaning: `${texts.lockUser}${replaces("ACCESS_USERS")}`,
    },
    { value: "none", meaning: texts.lockNone },
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
  const { texts } = terminal;
  terminal.say(texts.registries(first));
  for (const [index, name] of names.entries()) {
    const mark = chosen.includes(name) ? "x" : " ";
    terminal.say(`  ${String(index + 1).padStart(2)}  [${mark}] ${name}`);
  }
  const answer = await ask(terminal, {
    prompt: texts.registriesPrompt,
    standard: { value: chosen, shown: chosen.join(" ") || "none" },
    parse: (text) => parseSelection(text, names),
    hint: texts.registriesHint,
  });
  const isRemoved = chosen.some((name) => !answer.includes(name));
  if (isRemoved && current.secrets?.includes("REGISTRY_ACCOUNTS"))
    terminal.say(texts.accountsStored);
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
  terminal.say(terminal.texts.hosts(domain, registries[0] ?? ""));
  const isWanted = await askYesNo(terminal, terminal.texts.hostsPrompt, ofThese.length > 0);
  if (!isWanted) return Object.fromEntries(kept.filter((host) => !ofThese.includes(host)));
  const missing = registries.filter((name) => !kept.some(([, of]) => of === name));
  if (missing.length === 0) return Object.fromEntries(kept);
  const parent = await askParent(terminal, domain, labelOf(missing[0] ?? ""));
  const taken = new Set([domain, ...kept.map(([host]) => host)]);
  const added = missing.map((name) => [freeHost(labelOf(name), parent, taken), name]);
  return Object.fromEntries([...kept, ...added]);
}

function askParent(terminal: Terminal, domain: string, label: string): Promise<string> {
  const labels = domain.split(".");
  const parent = labels.length > 2 ? labels.slice(1).join(".") : domain;
  return ask(terminal, {
    prompt: terminal.texts.parentPrompt(`${label}.${parent}`),
    standard: { value: parent, shown: parent },
    parse: (answer) => parseHost(answer) ?? undefined,
    hint: terminal.texts.parentHint,
  });
}

function labelOf(registry: string): string {
  const label = registry.replaceAll(".", "-");
  return KNOWN_REGISTRIES[registry] ?? (brandIn(label) === null ? label : NEUTRAL_LABEL);
}

/** @returns a host name that is not taken yet, and takes it. */
function freeHost(label: string, parent: string, taken: Set<string>): string {
  let host = `${label}.${parent}`;
  for (let number = 2; taken.has(host); number += 1) host = `${label}${number}.${parent}`;
  taken.add(host);
  return host;
}

/** @returns whether layers are stored in R2. */
export async function askBlobs(terminal: Terminal, current: CurrentConfig): Promise<boolean> {
  if (current.blobMaxBytes === 0) {
    terminal.say(terminal.texts.layersOff);
    return current.hasBlobs;
  }
  terminal.say(terminal.texts.layers);
  return askYesNo(terminal, terminal.texts.layersPrompt, current.hasBlobs);
}

/** @returns whether the mirror answers `docker search`; only Docker Hub has a search. */
export async function askSearch(terminal: Terminal, current: CurrentConfig): Promise<boolean> {
  if (!isDockerHub(current)) return current.hasSearch;
  terminal.say(terminal.texts.search);
  return askYesNo(terminal, terminal.texts.searchPrompt, current.hasSearch);
}
