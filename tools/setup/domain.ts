import { domainToASCII } from "node:url";
import { ask } from "./ask.ts";
import type { Present } from "./present.ts";
import type { Terminal } from "./world.ts";

const WORKERS_DEV = "workers.dev";
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const HOST = new RegExp(`^(?=.{1,253}$)(?:${LABEL}\\.)+(?!\\d+$)${LABEL}$`);
const DOCKER = /docker|moby/;

/** @returns the mirror's host name; null for workers.dev. */
export async function askDomain(terminal: Terminal, present: Present): Promise<string | null> {
  terminal.say(`
Domain. The mirror's own host name; its domain must be on Cloudflare (the free plan will do).
${WORKERS_DEV} needs none, but is blocked in places.`);
  const domain = await ask<string | null>(terminal, {
    prompt: `Host name, or ${WORKERS_DEV}`,
    standard: { value: present.domain, shown: present.domain ?? WORKERS_DEV },
    parse: (answer) => (answer === WORKERS_DEV ? null : (parseHost(answer) ?? undefined)),
    hint: `a host name such as mirror.example.com, or ${WORKERS_DEV}`,
  });
  if (domain !== null && DOCKER.test(domain)) terminal.say(LOOK_ALIKE);
  return domain;
}

/** @returns the host name in lower case, as DNS writes it; null if it is none. */
export function parseHost(answer: string): string | null {
  const bare = answer.replace(/^https:\/\//i, "").replace(/\/$/, "");
  // Node would cut it off there.
  if (/[\s/:?#@\\]/.test(bare)) return null;
  const host = domainToASCII(bare).toLowerCase();
  return HOST.test(host) && !host.endsWith(`.${WORKERS_DEV}`) ? host : null;
}

const LOOK_ALIKE = `Careful: hosts that are named after Docker get reported as phishing, and then
blocked. A name that says nothing is safer.`;
