import { ask, askYesNo } from "./ask.ts";
import { parseHost } from "./domain.ts";
import type { Present, Texts } from "./present.ts";
import { labelOf } from "./registries.ts";
import type { Terminal } from "./world.ts";

/**
 * Asks whether registries get host names of their own, which takes a domain.
 *
 * @returns host names and their registries, as `HOSTS` has them.
 */
export async function askHosts(
  terminal: Terminal,
  present: Present,
  domain: string | null,
  registries: readonly string[],
): Promise<Texts> {
  const isDropped = (name: string) => name in present.registries && !registries.includes(name);
  const kept = Object.entries(present.hosts).filter(([, name]) => !isDropped(name));
  if (domain === null) return present.domain === null ? Object.fromEntries(kept) : {};
  if (registries.length === 0) return Object.fromEntries(kept);
  const ofThese = kept.filter(([, name]) => registries.includes(name));
  terminal.say(`
They are reached as ${domain}/${registries[0]}/…; a host name for each makes that shorter.`);
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
    prompt: `Below which domain, as ${labelOf("ghcr.io")}.${parent}?`,
    standard: { value: parent, shown: parent },
    parse: (answer) => parseHost(answer) ?? undefined,
    hint: "a domain such as example.com",
  });
}
