import type { Answers } from "./interview.ts";
import type { Lock } from "./lock.ts";
import type { Present } from "./present.ts";

/** @returns the next command, and what clients are told then. */
export function nextSteps(present: Present, answers: Answers): string {
  const host = answers.domain ?? `${present.worker}.<your subdomain>.workers.dev`;
  const prefix = prefixOf(present, answers);
  return [
    "Next:\n\n  npm run deploy",
    ...(answers.domain === null ? [`It prints the address: ${host}.`] : []),
    howToPull(present, answers, host),
    ...otherRegistries(answers, host, prefix),
    `Then see whether all is well:\n\n  npm run doctor -- https://${host}${prefix}`,
    otherClients(present, answers, `https://${host}${prefix}/`),
  ].join("\n\n");
}

function howToPull(present: Present, { lock }: Answers, host: string): string {
  if (lock.kind === "user") return withLogin(host, `-u ${lock.name}`, `Token: ${lock.token}`);
  const prefix = prefixOf(present, { lock });
  if (isUserOnly(present, lock))
    return withLogin(host, "", "The users and tokens are those that are stored.");
  const old = `Docker 24 and older take no path there, and pull by name:

  docker pull ${host}${prefix}/busybox`;
  const notes = [
    ...(prefix === "" ? [] : [old]),
    ...(lock.kind === "path" ? ["The address has the secret in it. It is shown this once."] : []),
  ];
  return `Docker, in /etc/docker/daemon.json (Docker Desktop: Settings → Docker Engine), then
systemctl reload docker:

  { "registry-mirrors": ["https://${host}${prefix}"] }${notes.map((note) => `\n\n${note}`).join("")}`;
}

/** Only those who have logged in may pull, as before. */
function isUserOnly({ secrets }: Present, lock: Lock): boolean {
  const has = (name: string) => secrets?.includes(name) ?? false;
  return lock.kind === "keep" && has("ACCESS_USERS") && !has("ACCESS_PATHS");
}

function otherClients(present: Present, { lock }: Answers, page: string): string {
  const isShown = present.hasPage && lock.kind !== "user" && !isUserOnly(present, lock);
  const where = isShown ? `${page} and docs/access.md have` : "docs/access.md has";
  return `${where} containerd, Podman and all other clients.`;
}

/** @returns what stands between the host and the image. */
function prefixOf({ secrets }: Present, { lock }: Pick<Answers, "lock">): string {
  if (lock.kind === "path") return `/${lock.secret}`;
  const hasPath = lock.kind !== "none" && secrets?.includes("ACCESS_PATHS");
  return hasPath ? "/<your path secret>" : "";
}

function withLogin(host: string, options: string, note: string): string {
  return `Docker sends no login to a mirror of registry-mirrors, so pull by name:

  docker login ${[options, host].filter((part) => part !== "").join(" ")}
  docker pull ${host}/busybox

${note}`;
}

function otherRegistries({ registries, hosts }: Answers, host: string, prefix: string): string[] {
  const names = Object.keys(registries);
  if (names.length === 0) return [];
  const lines = names.map((name) => {
    const own = Object.keys(hosts).find((of) => hosts[of] === name);
    return `  docker pull ${own ? `${own}${prefix}` : `${host}${prefix}/${name}`}/<owner>/<image>`;
  });
  return [["The other registries:", "", ...lines].join("\n")];
}
