import { ask } from "./ask.ts";
import { isDockerHub, type Present, type Texts } from "./present.ts";
import type { Terminal } from "./world.ts";

const DOCKER_HUB = { "docker.io": "https://registry-1.docker.io" };
/** Registries to choose from, and the label of the host name that is proposed for each. */
const KNOWN: Texts = {
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

/** @returns registries and their addresses, as `REGISTRIES` has them. */
export async function askRegistries(terminal: Terminal, present: Present): Promise<Texts> {
  // Where another registry is the upstream, Docker Hub may be a further one.
  const hub = isDockerHub(present) ? {} : DOCKER_HUB;
  const addresses: Texts = { ...hub, ...knownAddresses(), ...present.registries };
  const names = Object.keys(addresses);
  const chosen = Object.keys(present.registries);
  const first = isDockerHub(present) ? "Docker Hub" : present.upstream;
  terminal.say(`\nRegistries. ${first} is always there; which others?`);
  for (const [index, name] of names.entries()) {
    terminal.say(
      `  ${String(index + 1).padStart(2)}  [${chosen.includes(name) ? "x" : " "}] ${name}`,
    );
  }
  const answer = await ask(terminal, {
    prompt: "Numbers or names, all, or none",
    standard: { value: chosen, shown: chosen.join(" ") || "none" },
    parse: (text) => parseSelection(text, names),
    hint: "numbers or names of the list, separated by spaces; all; or none",
  });
  const isLess = chosen.some((name) => !answer.includes(name));
  if (isLess && present.secrets?.includes("REGISTRY_ACCOUNTS")) terminal.say(ACCOUNTS);
  const isChosen = ([name]: [string, string]) => answer.includes(name);
  return Object.fromEntries(Object.entries(addresses).filter(isChosen));
}

/** @returns the label of the host name that is proposed for a registry. */
export function labelOf(registry: string): string {
  return KNOWN[registry] ?? registry.replaceAll(".", "-");
}

function knownAddresses(): Texts {
  return Object.fromEntries(Object.keys(KNOWN).map((name) => [name, `https://${name}`]));
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

const ACCOUNTS = `REGISTRY_ACCOUNTS is stored. If it names one that goes, the mirror answers 500 until you store
another: docs/registries.md tells how.`;
